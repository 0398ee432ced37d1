"""A contract that keeps its values in the store, with a lock on each that is prepared.

Source: Go's store manager (x/core/store): a call writes as it likes, and is prepared by noting its
writes instead of doing them.
"""

import dataclasses
from collections.abc import Callable
from typing import Annotated

from corda_sim.cross import paths
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.errors import CallRefused, ErrUnexpectedState
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.ibc.context import Context
from corda_sim.ibc.protobuf import Field, Message
from corda_sim.ibc.store import Store


@dataclasses.dataclass(frozen=True, slots=True)
class LockOP(Message):
    """A write to be done (cross.core.store)."""

    k: Annotated[bytes, Field(1)]
    v: Annotated[bytes, Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class LockOPs(Message):
    """All writes of a prepared call."""

    ops: Annotated[tuple[LockOP, ...], Field(1)]


class LockedValues:
    """A contract's values as one call sees them; its writes are held back."""

    def __init__(self, store: Store, contract: str) -> None:
        self._store, self._contract = store, contract
        self._writes: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """A value, or None. Raises: CallRefused for one that another transaction holds."""
        if key in self._writes:
            return self._writes[key]
        self._require_free(key)
        return self._store.get(paths.locked_value(self._contract, key))

    def set(self, key: bytes, value: bytes) -> None:
        """Put a value. Raises: CallRefused for one that another transaction holds."""
        self._require_free(key)
        self._writes[key] = value

    @property
    def ops(self) -> LockOPs:
        """What the call has written, in the order of its keys."""
        return LockOPs(tuple(LockOP(*item) for item in sorted(self._writes.items())))

    def _require_free(self, key: bytes) -> None:
        if self._store.get(paths.lock(self._contract, key)) is not None:
            raise CallRefused(f"{key!r} of {self._contract} is locked")


class LockingContract:
    """A ContractModule out of one function, which gets the values and the call."""

    def __init__(self, name: str, run: Callable[[LockedValues, ContractCall], bytes]) -> None:
        self._name, self._run = name, run

    def on_call(self, ctx: Context, call: ContractCall) -> ContractCallResult:
        """Run, and write at once."""
        result, ops = self._collect(ctx, call)
        self._write(ctx.store, ops)
        return result

    def on_prepare(self, ctx: Context, call: ContractCall) -> ContractCallResult:
        """Run, note the writes, and lock what they touch."""
        result, ops = self._collect(ctx, call)
        ctx.store.set(self._place(call.id), ops.encode())
        for op in ops.ops:
            ctx.store.set(paths.lock(self._name, op.k), call.id.tx_id)
        return result

    def on_commit(self, ctx: Context, call_id: CallId) -> None:
        """Do the writes that were noted. Raises: ErrUnexpectedState when nothing was."""
        self._write(ctx.store, self._unlock(ctx.store, call_id))

    def on_abort(self, ctx: Context, call_id: CallId) -> None:
        """Forget the writes that were noted. Raises: ErrUnexpectedState when nothing was."""
        self._unlock(ctx.store, call_id)

    def _collect(self, ctx: Context, call: ContractCall) -> tuple[ContractCallResult, LockOPs]:
        values = LockedValues(ctx.store, self._name)
        return ContractCallResult(self._run(values, call)), values.ops

    def _unlock(self, store: Store, call_id: CallId) -> LockOPs:
        place = self._place(call_id)
        found = store.get(place)
        if found is None:
            raise ErrUnexpectedState(f"{call_id.tx_id.hex()}/{call_id.tx_index} isn't prepared")
        store.delete(place)
        ops = LockOPs.decode_strict(found)
        for op in ops.ops:
            store.delete(paths.lock(self._name, op.k))
        return ops

    def _write(self, store: Store, ops: LockOPs) -> None:
        for op in ops.ops:
            store.set(paths.locked_value(self._name, op.k), op.v)

    def _place(self, call_id: CallId) -> str:
        return paths.lock_ops(self._name, call_id.tx_id, call_id.tx_index)
