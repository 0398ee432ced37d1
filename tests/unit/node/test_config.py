import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from corda_sim.core.identity import CordaX500Name
from corda_sim.core.settings_errors import ConfigurationException, _models
from corda_sim.flow.settings import FlowTimeout
from corda_sim.node.config import NodeConfiguration, load_config, write_config
from corda_sim.node.corda_keys import CORDA_KEYS_NOT_USED

MINIMAL = """
myLegalName = "O=PartyA, L=London, C=GB"
p2pAddress = "localhost:10002"
[rpcSettings]
address = "localhost:10003"
"""


def load(directory: Path, text: str) -> NodeConfiguration:
    (directory / "node.toml").write_text(text)
    return load_config(directory)


def problems(directory: Path, text: str) -> str:
    with pytest.raises(ConfigurationException) as caught:
        load(directory, text)
    return str(caught.value)


def test_minimal_file_has_cordas_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    assert config.my_legal_name == CordaX500Name("PartyA", "London", "GB")
    assert config.flow_timeout.timeout == timedelta(seconds=30)
    assert (config.flow_timeout.max_restart_count, config.flow_timeout.backoff_base) == (6, 1.8)
    assert config.flow_timeout.for_engine() == FlowTimeout()
    assert config.database_url(tmp_path) == f"sqlite:///{tmp_path}/node.db"
    assert config.dev_mode
    assert not config.reload_checkpoint_after_suspend


def test_written_config_reads_back(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        'cordappDirectories = ["a\\tb"]\nflowTimeout = { timeout = "500ms" }\n'
        'rpcUsers = [{ username = "u", password = "p\\"\\\\q", permissions = ["ALL"] }]\n'
        + MINIMAL
        + "[notary]\nvalidating = true\nwitnesses = ['O=Validator, L=London, C=GB']\n"
        "[dataSourceProperties.dataSource]\nurl = 'postgresql://a:b@h/d'\n"
        "[validator]\nallow = ['corda_sim.cash.Cash:Issue']\n",
    )
    path = write_config(tmp_path, config)
    assert load_config(tmp_path) == config
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert config.database_url(tmp_path) == "postgresql://a:b@h/d"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("p2pAdress = 'x:1'", "p2pAdress: unknown key; did you mean 'p2pAddress'?"),
        ("zzz = 1", "zzz: unknown key; expected one of cordappDirectories, "),
        ("sshd = { port = 1 }", "sshd: a key of Corda's node.conf that has no meaning here"),
        ("devMode = 'yes'", "devMode: expected true or false, found 'yes'"),
        ("notary = { validatin = true }", "notary.validating: missing, expected true or false"),
        ("notary = { validatin = true }", "notary.validatin: unknown key; did you mean"),
        ("healthAddress = 'here'", 'healthAddress: expected an address "host:port"'),
        ("healthAddress = 'here:70000'", "found 'here:70000'"),
        ("messagingServerAddress = 'b:1'", "expected the URL of a RabbitMQ broker"),
        ("flowTimeout = { timeout = 'soon' }", "flowTimeout.timeout: expected seconds, or"),
        ("rpcUsers = [{ username = 'a', password = 4711 }]", "rpcUsers[0].password: expected"),
        ("dataSourceProperties = { url = 'mysql://u:geheim@h' }", "found 'mysql://u:***@h'"),
        (
            "enterpriseConfiguration.mutualExclusionConfiguration.waitInterval = 1",
            "waitInterval must exceed updateInterval",
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_was_expected(
    tmp_path: Path, line: str, message: str
) -> None:
    found = problems(tmp_path, f"{line}\n{MINIMAL}")
    assert message in found
    assert str(tmp_path / "node.toml") in found
    assert "4711" not in found


def test_a_bad_name_says_which_rule_it_breaks(tmp_path: Path) -> None:
    found = problems(tmp_path, MINIMAL.replace("C=GB", "C=XX"))
    assert "myLegalName: expected the node's X.500 name" in found
    assert "Invalid country code XX" in found


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, "devMode = 1\nzzz = 2").splitlines()) == 5


def test_a_missing_file_and_bad_toml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationException, match="there is no such file"):
        load_config(tmp_path)
    assert "not TOML" in problems(tmp_path, "a = = 1")


def test_passwords_stay_out_of_repr(tmp_path: Path) -> None:
    assert "cordacadevpass" not in repr(load(tmp_path, MINIMAL))


def keys_of(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every key that node.toml may have, tables in tables included; lists are left out."""
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        inner = list(_models(field.annotation))
        yield here
        if inner and "tuple" not in str(field.annotation):
            yield from keys_of(inner[0], here)


KEYS = list(keys_of(NodeConfiguration))


def with_key(path: tuple[str, ...], value: str) -> str:
    """A node.toml in which a key has this value; the tables above it have nothing else."""
    *tables, key = path
    own = MINIMAL if path[0] not in MINIMAL else ""
    return f"{'.'.join((*tables, key))} = {value}\n{own}"


def test_the_keys_are_cordas() -> None:
    names = {".".join(path) for path in KEYS}
    assert {
        "myLegalName",
        "p2pAddress",
        "rpcSettings.address",
        "dataSourceProperties.url",
        "messagingServerAddress",
        "devMode",
        "keyStorePassword",
        "notary.validating",
        "notary.serviceLegalName",
        "notary.etaMessageThresholdSeconds",
        "reloadCheckpointAfterSuspend",
        "transactionCacheSizeMegaBytes",
        "cordappDirectories",
        "enterpriseConfiguration.mutualExclusionConfiguration.updateInterval",
        "enterpriseConfiguration.processedMessageCleanup.generalRetentionPeriodInDays",
    } <= names


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_value_of_the_wrong_kind_is_answered_with_its_key(
    tmp_path: Path, path: tuple[str, ...]
) -> None:
    found = problems(tmp_path, with_key(path, "1979-05-27"))
    line = next(line for line in found.splitlines() if f": {'.'.join(path)}: " in line)
    assert "expected " in line
    assert "found " in line
    assert "Input should" not in found


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_slip_of_the_pen_is_answered_with_the_nearest_key(
    tmp_path: Path, path: tuple[str, ...]
) -> None:
    *tables, key = path
    slip = key[:2] + key[3:] if len(key) > 4 else key + "s"
    found = problems(tmp_path, with_key((*tables, slip), "1"))
    assert f"{'.'.join((*tables, slip))}: unknown key; did you mean {key!r}?" in found


@pytest.mark.parametrize("key", sorted(CORDA_KEYS_NOT_USED))
def test_a_key_of_corda_without_meaning_here_is_said_to_be_one(tmp_path: Path, key: str) -> None:
    found = problems(tmp_path, with_key((key,), "1"))
    assert f"{key}: a key of Corda's node.conf that has no meaning here; remove it" in found
    nested = with_key(("enterpriseConfiguration", key), "1")
    assert f"enterpriseConfiguration.{key}: a key of Corda's" in problems(tmp_path, nested)


def test_directories_are_relative_to_the_nodes(tmp_path: Path) -> None:
    config = load(tmp_path, "cordappDirectories = ['more', '/srv/apps']\n" + MINIMAL)
    assert config.cordapp_folders(tmp_path) == (
        tmp_path / "cordapps",
        tmp_path / "more",
        Path("/srv/apps"),
    )
