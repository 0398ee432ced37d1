"""Sending messages to the handler: consecutive nonces, so that they come in one block, in order."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.errors import BroadcastFailedException, TransactionLostException
from corda_sim.relayer.outcomes import Outcome, Verdict
from corda_sim.relayer.quorum.receipts import ReceiptWatcher
from corda_sim.relayer.quorum.reverts import verdict_of
from goquorum.endpoint.account import GAS_LIMIT, Receipt, Sender
from goquorum.endpoint.ibc_handler import IbcHandler, every_interface
from goquorum.endpoint.json_rpc import EndpointUnreachable, RpcError

_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class _Sent:
    """A transaction on its way."""

    transaction: str
    data: bytes
    receipt: Future[Receipt]


class Outbox:
    """One account's transactions to the handler."""

    def __init__(self, sender: Sender, handler: IbcHandler, receipts: ReceiptWatcher) -> None:
        self.sender, self.handler, self._receipts = sender, handler, receipts

    def send(self, message: Message) -> _Sent:
        """Send one message. Raises BroadcastFailedException."""
        data = self.handler.call_data(message)
        transaction = self._broadcast(data)
        return _Sent(transaction, data, self._receipts.watch(transaction))

    def _broadcast(self, data: bytes) -> str:
        for attempt in range(_ATTEMPTS):
            try:
                return self.sender.send(self.handler.address, data)
            except (RpcError, EndpointUnreachable) as error:
                # Another process of ours may have used the nonce, or a lost one is to be filled.
                self._resynchronise(error)
                if attempt + 1 == _ATTEMPTS or isinstance(error, EndpointUnreachable):
                    raise BroadcastFailedException(str(error)) from error
        raise AssertionError("the loop returns or raises")

    def _resynchronise(self, cause: Exception) -> None:
        try:
            self.sender.resynchronise()
        except (RpcError, EndpointUnreachable) as error:
            raise BroadcastFailedException(f"{cause}; then {error}") from error

    def outcome(self, sent: _Sent) -> Outcome:
        """What became of a message; waits for its receipt."""
        try:
            receipt = sent.receipt.result()
        except TransactionLostException as error:
            self._resynchronise(error)
            return Outcome(Verdict.RETRY, sent.transaction, str(error))
        if receipt.succeeded:
            return Outcome(Verdict.DONE, sent.transaction)
        return self._reverted(sent, receipt)

    def _reverted(self, sent: _Sent, receipt: Receipt) -> Outcome:
        """Its reason, by running it once more on the block that it is in."""
        call = {"from": "0x" + self.sender.address.hex(), "to": self.handler.hex}
        call |= {"data": "0x" + sent.data.hex(), "gas": hex(GAS_LIMIT)}
        try:
            self.handler.rpc.call("eth_call", call, hex(receipt.block_number))
        except RpcError as error:
            found = every_interface().error(error.data) if error.data else None
            reason = str(found) if found else error.message
            return Outcome(verdict_of(found), sent.transaction, reason)
        return Outcome(Verdict.RETRY, sent.transaction, "reverted without a reason")


class QuorumSubmission:
    """Messages in a block, after the updates that they need."""

    def __init__(self, outbox: Outbox, updates: Sequence[_Sent], messages: Sequence[_Sent]) -> None:
        self._outbox, self._updates, self._messages = outbox, updates, messages

    def outcomes(self) -> list[Outcome]:
        """How each has ended; what an update's revert brings down is to be tried again."""
        failed = [one for one in map(self._outbox.outcome, self._updates) if not one.is_done]
        found = [self._outbox.outcome(one) for one in self._messages]
        if not failed:
            return found
        return [one if one.is_done else _without_update(one, failed[0]) for one in found]

    def when_done(self, call: Callable[[], None]) -> None:
        """Call when the last receipt is there: nonces are consecutive."""
        (*self._updates, *self._messages)[-1].receipt.add_done_callback(lambda _: call())


def _without_update(outcome: Outcome, update: Outcome) -> Outcome:
    return Outcome(update.verdict, outcome.transaction, f"client not updated: {update.reason}")
