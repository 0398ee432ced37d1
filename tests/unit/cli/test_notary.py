"""`notary start` and `network create --notary-workers`, as far as they need no node."""

from pathlib import Path

import pytest
import typer

from corda_sim.cli.main import FAILED, USAGE, run
from corda_sim.cli.notary import accepting
from corda_sim.core.identity import CordaX500Name
from corda_sim.node.config import NodeConfiguration, NotaryConfig, RpcSettings, write_config

HEAD = "0A" * 32


def configuration(*, notary: bool) -> NodeConfiguration:
    return NodeConfiguration(
        my_legal_name=CordaX500Name("Notary", "Zurich", "CH"),
        p2p_address="127.0.0.1:10002",
        rpc_settings=RpcSettings(address="127.0.0.1:10003"),
        notary=NotaryConfig(validating=True) if notary else None,
    )


def test_the_override_is_for_this_start_alone() -> None:
    config = configuration(notary=True)
    accepted = accepting(config, HEAD.lower())
    assert accepted.notary is not None
    assert accepted.notary.accept_head == HEAD
    assert config.notary is not None
    assert config.notary.accept_head is None


@pytest.mark.parametrize("text", ["", "12", "xyz", HEAD + "00"])
def test_what_is_no_hash_is_wrong_usage(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        accepting(configuration(notary=True), text)


def test_another_node_is_not_started_as_a_notary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path, configuration(notary=False))
    assert run(["-n", str(tmp_path), "notary", "start", "--accept-head", HEAD]) == FAILED
    assert "is no notary" in capsys.readouterr().err


def test_several_workers_need_postgresql_and_rabbitmq(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "net"
    assert run(["network", "create", str(target), "--notary-workers", "2"]) == FAILED
    assert "NotaryWorkersException: several notary workers share" in capsys.readouterr().err
    assert not target.exists()


def test_a_network_without_a_worker_is_wrong_usage(tmp_path: Path) -> None:
    assert run(["network", "create", str(tmp_path / "net"), "--notary-workers", "0"]) == USAGE


def test_an_accepted_head_is_checked_in_the_file(tmp_path: Path) -> None:
    file = write_config(tmp_path, configuration(notary=True))
    text = file.read_text("utf-8")
    file.write_text(text.replace("validating", 'acceptHead = "ab"\nvalidating'), "utf-8")
    assert run(["-n", str(tmp_path), "notary", "start"]) == FAILED
