"""The quick devnet as a process, judged by our own light client."""

import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from corda_sim.ibc.errors import ErrInvalidHeader
from goquorum.deploy import deploy, deploy_handler
from goquorum.devnet import lifecycle
from goquorum.devnet.lifecycle import DevnetRequest
from goquorum.devnet.ports import free_port
from goquorum.devnet.processes import DevnetProcess
from goquorum.devnet.settings import EVM_FOLDER
from goquorum.endpoint.account import Contract, LegacyTransaction, Sender
from goquorum.endpoint.json_rpc import JsonRpc, RpcError
from goquorum.endpoint.qbft_block import BlockRefused
from goquorum.quick.anvil import Anvil
from tests.integration.goquorum.conftest import DEPLOYER, state
from tests.integration.goquorum.judge import PERIOD, Judge

pytestmark = pytest.mark.integration
CLIENT_STATE = "clients/mock-client-0/clientState"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JsonRpc]:
    """Instant blocks, four validators, with the test controls."""
    folder = tmp_path_factory.mktemp("quick")
    found = lifecycle.up(folder, DevnetRequest("quick", 4, "instant", controls=True))
    rpc = JsonRpc(found.nodes[0].rpc)
    yield rpc
    rpc.close()
    assert lifecycle.down(folder) == []


@pytest.fixture(scope="module")
def handler(chain: JsonRpc) -> Contract:
    return deploy_handler(Sender(chain, DEPLOYER))


@pytest.fixture
def judge(chain: JsonRpc, handler: Contract) -> Judge:
    """A client at the newest block, which the first four validators have sealed."""
    chain.call("quick_replaceValidators", [0, 1, 2, 3])
    chain.call("quick_mine")
    return Judge(chain, handler.address)


def next_block(judge: Judge) -> int:
    return int(judge.rpc.call("quick_mine"), 16)


def refusal(rpc: JsonRpc, method: str, *params: object) -> str:
    with pytest.raises(RpcError) as caught:
        rpc.call(method, *params)
    return caught.value.message


# --- headers, proofs ---


def test_every_block_hashes_to_its_name_and_names_its_parent(
    chain: JsonRpc, handler: Contract
) -> None:
    assert handler.address
    blocks = [
        chain.call("eth_getBlockByNumber", hex(number), False)
        for number in range(int(chain.call("eth_blockNumber"), 16) + 1)
    ]
    judge = Judge(chain, handler.address)
    for parent, block in pairwise(blocks):
        sealed = judge.block(int(block["number"], 16))
        assert "0x" + sealed.header.block_hash.hex() == block["hash"]
        assert block["parentHash"] == parent["hash"]
        assert bytes.fromhex(block["miner"][2:]) in sealed.header.validators
        assert sum(map(bool, sealed.seals())) == 3


def test_the_light_client_accepts_headers_and_proofs_of_old_blocks(
    chain: JsonRpc, judge: Judge, handler: Contract
) -> None:
    owner = Sender(chain, DEPLOYER)
    client = deploy(owner, "MockClient")
    handler.transact(owner, "registerClient", "mock-client", client.address)
    before = judge.head()
    made = handler.transact(owner, "createClient", ("mock-client", b"client state", state()))
    for _ in range(3):
        next_block(judge)
    assert judge.follow(before)
    judge.follow(made.block_number)
    stored, found = handler.view("getClientState", "mock-client-0")
    assert found
    judge.member(made.block_number, CLIENT_STATE, stored)
    judge.absent(before, CLIENT_STATE)
    judge.absent(made.block_number, CLIENT_STATE + "/other")


def test_a_block_of_a_later_round_is_named_as_in_round_0_and_sealed_with_its_own(
    judge: Judge,
) -> None:
    judge.rpc.call("quick_useRound", 2)
    number = next_block(judge)
    header = judge.block(number).header
    assert header.round == 2
    assert header.block_hash != header.commit_hash
    assert judge.follow(number)
    assert judge.block(next_block(judge)).header.round == 0


def test_seals_are_stored_in_no_order_and_refused_unless_put_in_the_validators(
    judge: Judge,
) -> None:
    number = next_block(judge)
    block = judge.block(number)
    with pytest.raises(ErrInvalidHeader, match="seal"):
        judge.follow(number, (*block.stored_seals, b""))
    assert judge.follow(number)


def test_too_few_seals_are_refused(judge: Judge) -> None:
    judge.rpc.call("quick_spoilSeals", "few")
    number = next_block(judge)
    with pytest.raises(ErrInvalidHeader, match="2 seals of 4 validators are not two thirds"):
        judge.follow(number)


@pytest.mark.parametrize("fault", ["doubled", "foreign"])
def test_a_doubled_or_foreign_seal_is_refused_wherever_it_is_put(judge: Judge, fault: str) -> None:
    judge.rpc.call("quick_spoilSeals", fault)
    number = next_block(judge)
    block = judge.block(number)
    with pytest.raises(BlockRefused, match="a seal too many"):
        block.seals()
    signers = block.signers()
    assert len(signers) == 2
    # The two good ones where they belong, the third in either of the places that are free.
    good = {one: seal for seal in block.stored_seals if (one := block.signer(seal)) in signers}
    for free in set(block.header.validators) - signers:
        placed = {**good, free: block.stored_seals[-1]}
        seals = [placed.get(one, b"") for one in block.header.validators]
        with pytest.raises(ErrInvalidHeader, match="a seal that isn't validator"):
            judge.follow(number, seals)


def test_validators_change_by_votes_that_the_light_client_follows(judge: Judge) -> None:
    judge.rpc.call("quick_vote", 9, True)
    voting = [next_block(judge) for _ in range(3)]
    assert [len(judge.block(number).header.validators) for number in voting] == [4, 4, 4]
    assert len(judge.rpc.call("istanbul_getValidators", hex(voting[-1]))) == 5
    changed = next_block(judge)
    assert len(judge.block(changed).header.validators) == 5
    assert sum(map(bool, judge.block(changed).seals())) == 4
    assert judge.follow(changed)


def test_a_set_that_no_trusted_validator_is_in_is_refused(judge: Judge) -> None:
    judge.rpc.call("quick_replaceValidators", [4, 5, 6, 7])
    with pytest.raises(ErrInvalidHeader, match="0 of 4 trusted validators are no third"):
        judge.follow(next_block(judge))


def test_a_header_beyond_the_trusting_period_is_refused(judge: Judge) -> None:
    judge.rpc.call("quick_advanceTime", PERIOD)
    number = next_block(judge)
    with pytest.raises(ErrInvalidHeader, match="out of its trusting period"):
        judge.follow(number)


def test_signers_are_told_as_the_header_has_them(judge: Judge) -> None:
    number = next_block(judge)
    found = judge.rpc.call("istanbul_getSignersFromBlock", hex(number))
    block = judge.block(number)
    stored = ["0x" + block.signer(seal).hex() for seal in block.stored_seals]
    assert found["Committers"] == stored
    assert found["Hash"] == "0x" + block.header.block_hash.hex()
    by_hash = judge.rpc.call("istanbul_getSignersFromBlockByHash", found["Hash"])
    assert by_hash == found


# --- hashes in and out ---


def test_hashes_are_the_sealed_ones_everywhere(chain: JsonRpc) -> None:
    token = deploy(Sender(chain, DEPLOYER), "AssetToken", "Asset", "ASSET")
    block = chain.call("eth_getBlockByNumber", "latest", True)
    name = block["hash"]
    sent = block["transactions"][0]
    receipt = chain.call("eth_getTransactionReceipt", sent["hash"])
    assert receipt["blockHash"] == name == sent["blockHash"]
    assert chain.call("eth_getTransactionByHash", sent["hash"])["blockHash"] == name
    assert chain.call("eth_getBlockByHash", name, True) == block
    assert chain.call("eth_getBlockTransactionCountByHash", name) == "0x1"
    logs: list[dict[str, Any]] = chain.call("eth_getLogs", {"blockHash": name})
    assert logs == receipt["logs"]
    assert {log["blockHash"] for log in logs} == {name}
    assert logs[0]["address"] == "0x" + token.address.hex()


def test_state_is_asked_by_hash_as_by_number(chain: JsonRpc) -> None:
    token = "0x" + deploy(Sender(chain, DEPLOYER), "AssetToken", "Asset", "ASSET").address.hex()
    block = chain.call("eth_getBlockByNumber", "latest", False)
    code = chain.call("eth_getCode", token, {"blockHash": block["hash"]})
    assert code == chain.call("eth_getCode", token, block["number"]) != "0x"
    assert chain.call("eth_getCode", token, {"blockHash": block["parentHash"]}) == "0x"
    unknown = {"blockHash": "0x" + "11" * 32}
    assert refusal(chain, "eth_getCode", token, unknown) == "header for hash not found"


# --- refusals ---


def signed(chain: JsonRpc, gas_price: int = 0, chain_id: int = 1337) -> bytes:
    nonce = Sender(chain, DEPLOYER).pending_nonce()
    made = LegacyTransaction(nonce, 21_000, b"\1" * 20, b"", gas_price)
    return made.signed(DEPLOYER, chain_id)


def test_transactions_that_goquorum_refuses(chain: JsonRpc) -> None:
    priced = "0x" + signed(chain, gas_price=1).hex()
    assert refusal(chain, "eth_sendRawTransaction", priced) == "Gas price not 0"
    dynamic = "0x02c0"
    assert refusal(chain, "eth_sendRawTransaction", dynamic) == "transaction type not supported"
    foreign = "0x" + signed(chain, chain_id=7).hex()
    assert refusal(chain, "eth_sendRawTransaction", foreign) == "invalid sender"
    before = chain.call("eth_blockNumber")
    good = "0x" + signed(chain).hex()
    chain.call("eth_sendRawTransaction", good)
    assert int(chain.call("eth_blockNumber"), 16) == int(before, 16) + 1
    assert refusal(chain, "eth_sendRawTransaction", good)


def test_methods_and_tags_that_came_later_are_refused(chain: JsonRpc) -> None:
    missing = "the method eth_feeHistory does not exist/is not available"
    assert refusal(chain, "eth_feeHistory", "0x1", "latest", []) == missing
    assert "hex string without 0x prefix" in refusal(
        chain, "eth_getBlockByNumber", "finalized", False
    )
    assert refusal(chain, "eth_getCode", "0x" + "00" * 20, "0xffffff") == "header not found"
    assert chain.call("eth_gasPrice") == "0x0"
    assert "simulated" in chain.call("web3_clientVersion")


# --- blocks in time, and the process ---


def test_a_block_is_closed_to_new_transactions_when_its_parent_arrives(tmp_path: Path) -> None:
    found = lifecycle.up(tmp_path, DevnetRequest(validators=1))
    rpc = JsonRpc(found.nodes[0].rpc)
    try:
        owner = Sender(rpc, DEPLOYER)
        head = int(rpc.call("eth_blockNumber"), 16)
        sent = owner.send(b"\1" * 20, b"", gas=21_000)
        assert rpc.call("eth_getTransactionByHash", sent)["blockNumber"] is None
        assert rpc.call("eth_getTransactionReceipt", sent) is None
        assert owner.pending_nonce() == 1
        receipt = owner.wait(sent)
        assert receipt.block_number >= head + 2
        times = [
            int(rpc.call("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)
            for number in range(1, receipt.block_number + 1)
        ]
        assert all(later > earlier for earlier, later in pairwise(times))
        assert "does not exist" in refusal(rpc, "quick_mine")
        assert lifecycle.up(tmp_path, DevnetRequest()).nodes[0].pid == found.nodes[0].pid
    finally:
        rpc.close()
        assert lifecycle.down(tmp_path) == []
    stopped = lifecycle.status(tmp_path)
    assert (stopped.nodes[0].pid, stopped.nodes[0].block) == (None, None)


def test_after_a_kill_nothing_is_left_running_and_a_new_chain_begins(tmp_path: Path) -> None:
    first = lifecycle.up(tmp_path, DevnetRequest(block_period="instant", controls=True))
    rpc = JsonRpc(first.nodes[0].rpc)
    assert rpc.call("quick_mine", 3) == "0x3"
    process, evm = (DevnetProcess.find(tmp_path / name) for name in ("quick", EVM_FOLDER))
    assert process is not None
    assert evm is not None
    process.stop(10, signal.SIGKILL)
    assert lifecycle.status(tmp_path).nodes[0].pid is None
    try:
        again = lifecycle.up(tmp_path, DevnetRequest())
        assert not evm.is_alive()
        assert (again.nodes[0].rpc, again.nodes[0].block) == (first.nodes[0].rpc, 0)
    finally:
        rpc.close()
        assert lifecycle.down(tmp_path) == []


def test_states_of_old_blocks_go_with_the_chain() -> None:
    chain = Anvil.start(free_port())
    kept = Path(chain.states.name)
    for _ in range(600):
        chain.rpc.call("evm_mine")
    assert any(path.is_file() for path in kept.rglob("*"))
    chain.stop()
    assert not kept.exists()
