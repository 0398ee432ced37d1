"""Contracts: calls and the results of others, and the contract that keeps and locks values."""

import pytest

from corda_sim.cross import paths
from corda_sim.cross.auth.types import Account
from corda_sim.cross.contract.locking import LockedValues, LockingContract
from corda_sim.cross.contract.manager import commit_immediately, prepare_commit
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.errors import CallRefused, ErrUnexpectedState
from corda_sim.cross.tx.types import (
    ConstantValueCallResult,
    ContractCallResult,
    ResolvedContractTransaction,
    ReturnValue,
    call_key,
)
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.context import Context
from tests.unit.cross.world import World

FIRST, SECOND = CallId(bytes(32), 0), CallId(b"\1" * 32, 0)
BOB = (Account.local(b"bob"),)


@pytest.fixture
def ctx(world: World) -> Context:
    return world.a.context


def call(
    call_id: CallId, info: bytes, expected: bytes | None = None, *results: AnyMessage
) -> ContractCall:
    value = None if expected is None else ReturnValue(expected)
    resolved = ResolvedContractTransaction(AnyMessage.pack(SELF), BOB, info, value, results)
    return ContractCall.of(call_id, SELF, resolved)


def add(values: LockedValues, call: ContractCall) -> bytes:
    """Adds to a counter and tells the sum."""
    key, amount = call.call_info.split(b" ")
    total = b"%d" % (int(values.get(key) or b"0") + int(amount))
    values.set(key, total)
    assert values.get(key) == total
    return total


COUNTER = LockingContract("counter", add)


def value(ctx: Context, key: bytes) -> bytes | None:
    return ctx.store.get(paths.locked_value("counter", key))


def test_a_call_writes_at_once(ctx: Context) -> None:
    assert commit_immediately(ctx, COUNTER, call(FIRST, b"x 2")) == ContractCallResult(b"2")
    assert commit_immediately(ctx, COUNTER, call(FIRST, b"x 3")).data == b"5"
    assert value(ctx, b"x") == b"5"


def test_a_prepared_call_writes_with_the_commit(ctx: Context) -> None:
    assert prepare_commit(ctx, COUNTER, call(FIRST, b"x 2")).data == b"2"
    assert value(ctx, b"x") is None
    COUNTER.on_commit(ctx, FIRST)
    assert value(ctx, b"x") == b"2"
    assert commit_immediately(ctx, COUNTER, call(SECOND, b"x 1")).data == b"3"


def test_an_aborted_call_never_writes(ctx: Context) -> None:
    prepare_commit(ctx, COUNTER, call(FIRST, b"x 2"))
    COUNTER.on_abort(ctx, FIRST)
    assert not list(ctx.store.paths("cross/contracts/"))


def test_what_is_prepared_is_locked_and_nothing_else(ctx: Context) -> None:
    prepare_commit(ctx, COUNTER, call(FIRST, b"x 2"))
    for attempt in (commit_immediately, prepare_commit):
        with pytest.raises(CallRefused):
            attempt(ctx, COUNTER, call(SECOND, b"x 1"))
    assert commit_immediately(ctx, COUNTER, call(SECOND, b"y 1")).data == b"1"
    other = LockingContract("other", add)
    assert commit_immediately(ctx, other, call(SECOND, b"x 1")).data == b"1"


def test_a_blind_write_of_what_is_locked(ctx: Context) -> None:
    prepare_commit(ctx, COUNTER, call(FIRST, b"x 2"))
    with pytest.raises(CallRefused):
        LockedValues(ctx.store, "counter").set(b"x", b"0")


def test_nothing_prepared_is_nothing_to_end(ctx: Context) -> None:
    prepare_commit(ctx, COUNTER, call(FIRST, b"x 2"))
    for act in (COUNTER.on_commit, COUNTER.on_abort):
        with pytest.raises(ErrUnexpectedState):
            act(ctx, SECOND)
    COUNTER.on_commit(ctx, FIRST)
    with pytest.raises(ErrUnexpectedState):
        COUNTER.on_commit(ctx, FIRST)


def test_another_result_than_declared_writes_nothing(ctx: Context) -> None:
    for attempt in (commit_immediately, prepare_commit):
        with pytest.raises(CallRefused, match="as declared"):
            attempt(ctx, COUNTER, call(FIRST, b"x 2", b"3"))
    assert not list(ctx.store.paths("cross/contracts/"))
    assert commit_immediately(ctx, COUNTER, call(FIRST, b"x 2", b"2")).data == b"2"


def test_results_are_found_by_call_signers_and_chain() -> None:
    there = ChannelInfo("cross", "channel-0")
    result = ConstantValueCallResult(AnyMessage.pack(there), call_key(b"price", BOB), b"42")
    asking = call(FIRST, b"x 1", None, AnyMessage.pack(result))
    assert asking.result_of(there, b"price", BOB) == b"42"
    for channel, info, signers in (
        (SELF, b"price", BOB),
        (there, b"other", BOB),
        (there, b"price", ()),
    ):
        with pytest.raises(CallRefused):
            asking.result_of(channel, info, signers)
