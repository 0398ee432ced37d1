"""The interface of an application's contracts, and a call to one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from corda_sim.cross.auth.types import Account
from corda_sim.cross.errors import CallRefused
from corda_sim.cross.tx.types import (
    ConstantValueCallResult,
    ContractCallResult,
    ResolvedContractTransaction,
    call_key,
    declared,
)
from corda_sim.cross.xcc.types import ChannelInfo

if TYPE_CHECKING:
    from corda_sim.ibc.context import Context


@dataclass(frozen=True, slots=True)
class CallId:
    """A call's place: the transaction's 32 bytes and the index in it, 0 being the coordinator's."""

    tx_id: bytes
    tx_index: int


@dataclass(frozen=True, slots=True)
class ContractCall:
    """A call; ``channel`` is where it came from, SELF for the chain's own."""

    id: CallId
    channel: ChannelInfo
    signers: tuple[Account, ...]
    call_info: bytes
    results: tuple[ConstantValueCallResult, ...]
    expected: bytes | None

    @classmethod
    def of(
        cls, call_id: CallId, channel: ChannelInfo, resolved: ResolvedContractTransaction
    ) -> "ContractCall":
        """The call in a transaction. Raises: DecodeError for results of another type."""
        results = tuple(result.unpack(ConstantValueCallResult) for result in resolved.call_results)
        expected = declared(resolved.return_value)
        return cls(call_id, channel, resolved.signers, resolved.call_info, results, expected)

    def result_of(
        self, channel: ChannelInfo, call_info: bytes, signers: tuple[Account, ...]
    ) -> bytes:
        """What a call on another chain returns in this same transaction.

        Raises: CallRefused when the transaction has no link to such a call.
        """
        wanted = call_key(call_info, signers)
        for result in self.results:
            if result.k == wanted and result.cross_chain_channel.unpack(ChannelInfo) == channel:
                return result.v
        raise CallRefused(f"no link to the call {wanted.hex()} of {channel.port}/{channel.channel}")


class ContractModule(Protocol):
    """An application's contracts. They refuse a call by raising CallRefused.

    Whatever else they raise fails the message as a whole and decides nothing.
    """

    def on_call(self, ctx: "Context", call: ContractCall) -> ContractCallResult:
        """Do a call at once."""

    def on_prepare(self, ctx: "Context", call: ContractCall) -> ContractCallResult:
        """Lock what the call needs, so that both ``on_commit`` and ``on_abort`` can't fail."""

    def on_commit(self, ctx: "Context", call_id: CallId) -> None:
        """Do what was prepared."""

    def on_abort(self, ctx: "Context", call_id: CallId) -> None:
        """Undo what was prepared."""
