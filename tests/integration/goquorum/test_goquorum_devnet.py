"""Real GoQuorum, where GOQUORUM_GETH names its program: the same rules, the same judge."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bench import gas
from bench.gas import Bridge, GasFigures, measure
from goquorum.deploy import deploy, deploy_handler
from goquorum.devnet import lifecycle
from goquorum.devnet.lifecycle import DevnetRequest
from goquorum.endpoint.account import LegacyTransaction, Sender
from goquorum.endpoint.json_rpc import JsonRpc, RpcError
from tests.integration.goquorum.conftest import DEPLOYER, state
from tests.integration.goquorum.judge import Judge

GETH = os.environ.get("GOQUORUM_GETH")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not GETH, reason="GOQUORUM_GETH names no GoQuorum"),
]


@contextmanager
def running(folder: Path, validators: int) -> Iterator[JsonRpc]:
    found = lifecycle.up(folder, DevnetRequest("goquorum", validators))
    try:
        with closing(JsonRpc(found.nodes[0].rpc)) as rpc:
            yield rpc
    finally:
        assert lifecycle.down(folder) == []


@pytest.mark.parametrize("validators", [1, 4])
def test_our_light_client_follows_a_real_chain(tmp_path: Path, validators: int) -> None:
    with running(tmp_path, validators) as rpc:
        owner = Sender(rpc, DEPLOYER)
        handler = deploy_handler(owner)
        judge = Judge(rpc, handler.address)
        client = deploy(owner, "MockClient")
        handler.transact(owner, "registerClient", "mock-client", client.address)
        made = handler.transact(owner, "createClient", ("mock-client", b"client", state()))
        assert judge.follow(made.block_number)
        stored, _ = handler.view("getClientState", "mock-client-0")
        judge.member(made.block_number, "clients/mock-client-0/clientState", stored)
        judge.absent(made.block_number, "clients/mock-client-1/clientState")
        priced = LegacyTransaction(owner.pending_nonce(), 21_000, b"\1" * 20, b"", 1)
        with pytest.raises(RpcError, match="Gas price not 0"):
            rpc.call("eth_sendRawTransaction", "0x" + priced.signed(DEPLOYER, 1337).hex())


def test_the_bridge_runs_on_a_real_chain_and_costs_the_same(tmp_path: Path) -> None:
    """Enclave keys, updates, handshakes and packets; keys and times make a few bytes differ."""
    with running(tmp_path, 1) as rpc:
        real = measure(Bridge(Sender(rpc, DEPLOYER)))
    quick = gas.run()
    for name in GasFigures.__slots__:
        assert getattr(real, name) == pytest.approx(getattr(quick, name), rel=0.01), name
