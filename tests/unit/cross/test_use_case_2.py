"""Use case 2: B coordinates, A's user signs by packet and A takes part."""

from dataclasses import replace

import pytest

from corda_sim.cross.auth.types import Account, MsgIBCSignTx
from corda_sim.cross.initiator.types import ContractTransaction, MsgInitiateTx
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.cross.queries import Stage, tx_status
from corda_sim.cross.xcc.types import SELF
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from tests.unit.cross.world import ALICE, BOB, COIN, FAILED, NFT, OK, PAY, REFUSE, TRANSFER, World
from tests.unit.ibc.chain import NEVER


def terms(world: World, own: bytes = TRANSFER, other: bytes = PAY) -> MsgInitiateTx:
    alice = Account.on_channel(ALICE, world.b.end(AUTH_PORT))
    calls = (
        ContractTransaction(AnyMessage.pack(SELF), (Account.local(BOB),), own),
        ContractTransaction(AnyMessage.pack(world.b.end(CROSS_PORT)), (alice,), other),
    )
    return replace(
        world.msg(),
        chain_id="B",
        contract_transactions=calls,
        signers=(Account.local(BOB),),
    )


def call(world: World, msg: MsgInitiateTx) -> Packet:
    """Started on B and signed on A, which knows the id from the terms."""
    world.b.do(msg)
    world.a.do(MsgIBCSignTx(AnyMessage.pack(world.a.end(AUTH_PORT)), msg.tx_id, (ALICE,), NEVER))
    world.receive(world.b, world.a.sent()[-1])
    return world.b.sent()[-1]


def stage(world: World, msg: MsgInitiateTx) -> Stage:
    return tx_status(world.b.store, world.b.context.now, msg.tx_id).stage


@pytest.mark.parametrize(
    ("other", "ack", "outcome", "values"),
    [
        (PAY, OK, Stage.COMMITTED, (b"bob", b"alice")),
        (REFUSE, FAILED, Stage.ABORTED, (None, None)),
    ],
)
def test_both_chains_end_alike(
    world: World, other: bytes, ack: bytes, outcome: Stage, values: tuple[bytes | None, ...]
) -> None:
    msg = terms(world, other=other)
    packet = call(world, msg)
    assert stage(world, msg) is Stage.PREPARED
    world.receive(world.a, packet)
    assert world.a.ack_of(packet) == ack
    world.acknowledge(world.b, packet)
    assert stage(world, msg) is outcome
    assert (world.a.value(COIN), world.b.value(NFT)) == values
    assert (world.a.locks, world.b.locks) == ([], [])


def test_both_may_coordinate_at_once(world: World) -> None:
    msg = terms(world, own=b"put b 1", other=b"put a 1")
    theirs = call(world, msg)
    tx_id, ours = world.started_call()
    world.receive(world.b, ours)
    world.receive(world.a, theirs)
    world.acknowledge(world.a, ours)
    world.acknowledge(world.b, theirs)
    assert (world.stage(tx_id), stage(world, msg)) == (Stage.COMMITTED, Stage.COMMITTED)
