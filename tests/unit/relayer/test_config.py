"""The configuration file: what it may say, and how mistakes are told."""

from datetime import timedelta
from pathlib import Path

import pytest

from corda_sim.core.settings_errors import ConfigurationException
from corda_sim.ibc.errors import FeatureLater
from corda_sim.relayer.config import load_config

MINIMAL = """
[corda]
address = "127.0.0.1:10006"
username = "relayer"
password = "hunter2"

[goquorum]
url = "http://127.0.0.1:8545"
bridge = "bridge.json"
key = "key.json"

[lcp]
address = "127.0.0.1:50051"
"""


def wrote(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "relayer.toml"
    path.write_text(text, "utf-8")
    return path


def problems(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationException) as caught:
        load_config(wrote(tmp_path, text))
    assert str(caught.value).startswith(str(tmp_path / "relayer.toml"))
    return caught.value.problems


def test_little_has_to_be_said(tmp_path: Path) -> None:
    found = load_config(wrote(tmp_path, MINIMAL))
    assert found.channels == {"cross": "cross-1", "cross-auth": "cross-1"}
    assert found.goquorum.bridge == Path("bridge.json")
    assert found.goquorum.trusting_period == timedelta(hours=12)
    assert (found.lcp.goquorum_client, found.lcp.corda_client) == ("hb-qbft-0", "corda-host-0")


def test_everything_can_be_said(tmp_path: Path) -> None:
    text = """
state_dir = "there"
refresh = "10m"
health_address = "127.0.0.1:9100"
""" + MINIMAL.replace(
        "[lcp]",
        """password_file = "password"
trusting_period = "1h"
max_clock_drift = 3
poll = "5ms"
[channels]
cross = "cross-2"
[lcp]
key_expiration = "2d"
key_renewal = "1h"
goquorum_client = "hb-qbft-7"
""",
    )
    found = load_config(wrote(tmp_path, text))
    assert found.channels == {"cross": "cross-2"}
    assert found.refresh == timedelta(minutes=10)
    assert found.goquorum.poll == timedelta(milliseconds=5)
    assert found.goquorum.max_clock_drift == timedelta(seconds=3)
    assert found.lcp.key_renewal == timedelta(hours=1)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('username = "relayer"', "", "corda.username: missing, expected a user name"),
        ("[corda]", "[corda]\ntrusts = 1", "corda.trusts: unknown key; did you mean 'trust'?"),
        ('"http://127.0.0.1:8545"', '"ftp://x"', 'goquorum.url: expected a URL as "http://host'),
        ('"127.0.0.1:50051"', '"nowhere"', 'lcp.address: expected an address "host:port", found'),
        ('"bridge.json"', '""', "goquorum.bridge: expected a file's path"),
        ('key = "key.json"', "key = 7", "goquorum.key: expected a file's path"),
        ('key = "key.json"', 'key = "k"\npoll = "soon"', "goquorum.poll: expected seconds, or a"),
        ('key = "key.json"', 'key = "k"\npoll = 0', "goquorum: a duration is negative, or poll"),
        ("[lcp]", '[lcp]\nkey_renewal = "8d"', "lcp: key_renewal must be more than 0 and less"),
        ("[lcp]", '[lcp]\ncorda_client = "short"', "lcp.corda_client: expected a client id"),
        ("[corda]", '[corda]\nhost = "mine"', "corda.host: expected a base id as"),
        ("[corda]", 'prover = "none"\n[corda]', 'prover: expected "lcp"'),
        ("[corda]", 'refresh = "7h"\n[corda]', "refresh must be more than 0 and at most half"),
        ("[corda]", "channels = {}\n[corda]", "channels: expected a table of ports and versions"),
    ],
)
def test_a_mistake_is_named_with_what_was_expected(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    (problem,) = problems(tmp_path, MINIMAL.replace(old, new))
    assert told in problem


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = MINIMAL.replace("username", "name").replace('url = "http://127.0.0.1:8545"', "")
    assert len(problems(tmp_path, text)) == 3


def test_further_nodes_may_be_named(tmp_path: Path) -> None:
    node = '{ address = "127.0.0.1:10009", username = "relayer", password = "secret" }'
    text = MINIMAL.replace("[goquorum]", f"fallbacks = [{node}]\n[goquorum]")
    (found,) = load_config(wrote(tmp_path, text)).corda.fallbacks
    assert (found.address, found.password) == ("127.0.0.1:10009", "secret")
    (problem,) = problems(tmp_path, text.replace('"127.0.0.1:10009"', "7"))
    assert 'corda.fallbacks[0].address: expected an address "host:port"' in problem


def test_no_password_is_repeated(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, MINIMAL.replace('"hunter2"', '["hunter2"]'))
    assert "hunter2" not in problem
    assert "hunter2" not in repr(load_config(wrote(tmp_path, MINIMAL)))


def test_time_need_not_be_checked(tmp_path: Path) -> None:
    text = MINIMAL.replace("[lcp]", "trusting_period = 0\n[lcp]")
    assert load_config(wrote(tmp_path, text)).goquorum.trusting_period == timedelta(0)


def test_a_direct_light_client_is_later(tmp_path: Path) -> None:
    with pytest.raises(FeatureLater, match="without LCP"):
        load_config(wrote(tmp_path, 'prover = "direct"\n' + MINIMAL))


def test_what_is_no_file_or_no_toml_is_told(tmp_path: Path) -> None:
    assert problems(tmp_path, "[corda")[0].startswith("not TOML: ")
    with pytest.raises(ConfigurationException, match="can't be read: No such file"):
        load_config(tmp_path / "none.toml")


def test_the_example_of_the_documentation_is_good(tmp_path: Path) -> None:
    from corda_sim.relayer import config  # noqa: PLC0415

    example = (config.__doc__ or "").split("```toml")[1].split("```")[0]
    assert load_config(wrote(tmp_path, example)).channels["cross-auth"] == "cross-1"
