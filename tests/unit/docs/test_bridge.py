"""docs/bridge.md: its commands and refusals exist, its configuration and permissions are right."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from corda_sim.cli.main import app
from corda_sim.node.config import RpcUser
from corda_sim.node.network_plan import DEFAULT_VALIDATOR_ALLOW
from corda_sim.relayer.config import RelayerConfig
from corda_sim.relayer.corda.flows import SUBMIT_FLOW
from corda_sim.rpc.operations import OPERATIONS
from flows import refusals

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "bridge.md").read_text(encoding="utf-8")
RELAYER = ROOT / "corda_sim" / "relayer" / "corda"
SHELL = "\n".join(re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = re.findall(r"^\$ corda-sim (.*)$", SHELL, re.MULTILINE)
USER, SETTINGS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def resolve(words: list[str]) -> TyperCommand:
    """The command that these words begin with, its words taken off."""
    found = get_command(app)
    while isinstance(found, TyperGroup):
        found = found.commands[words.pop(0)]
    assert isinstance(found, TyperCommand)
    return found


def test_the_page_has_all_steps() -> None:
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_exists_with_its_options(text: str) -> None:
    words = shlex.split(text)
    if words[0] == "-n":
        del words[:2]
    known = {option for one in resolve(words).params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("is_whole", [False, True], ids=["as it stands", "with all it mentions"])
def test_the_relayers_file_is_one(is_whole: bool) -> None:
    text = re.sub(r"^# ", "", SETTINGS, flags=re.MULTILINE) if is_whole else SETTINGS
    text = text.replace("HASH(0)", "AB" * 32 + "(0)")
    found = RelayerConfig.model_validate(tomllib.loads(text))
    assert set(found.channels) == {"cross", "cross-auth"}
    assert len(found.corda.fallbacks) == is_whole
    plain = RelayerConfig.model_validate(tomllib.loads(SETTINGS))
    assert (found.goquorum.trusting_period, found.lcp.key_expiration, found.lcp.key_renewal) == (
        plain.goquorum.trusting_period,
        plain.lcp.key_expiration,
        plain.lcp.key_renewal,
    ), "what is commented out are the defaults"


def test_the_relayers_user_may_do_what_the_relayer_does_and_no_more() -> None:
    user = RpcUser.model_validate(tomllib.loads(f"user = {USER}")["user"])
    code = "".join(one.read_text(encoding="utf-8") for one in RELAYER.glob("*.py"))
    called = set(re.findall(r"invoke\(\s*\"(\w+)\"", code))
    assert called <= set(OPERATIONS)
    assert set(user.permissions) == {f"StartFlow.{SUBMIT_FLOW}"} | {
        f"InvokeRpc.{one}" for one in called
    }


def test_a_validator_needs_what_network_create_gives_it() -> None:
    for one in DEFAULT_VALIDATOR_ALLOW:
        assert f"`{one}`" in PAGE or one.endswith((":Issue", ":Exit"))


def test_the_validators_refusals_exist() -> None:
    named = re.findall(r"`(\w+Refused)`", PAGE)
    assert len(named) == 9
    assert [one for one in named if not hasattr(refusals, one)] == []
