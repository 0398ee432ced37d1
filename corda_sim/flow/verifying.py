"""Verifying a transaction in a flow: a small one at once, a large one beside the node's loop."""

from functools import cached_property
from typing import cast

from corda_sim.core.errors import CordaError
from corda_sim.core.serialization import deserialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.transactions.prepared import PreparedVerification, prepare_verification
from corda_sim.flow._traps import suspend
from corda_sim.flow.context import FAILED, FlowContext
from corda_sim.flow.errors import keep_error, restore_error
from corda_sim.flow.requests import ExecuteAsyncOperation
from corda_sim.flow.services import NodeServices

VERIFIED = "verified"


class TransactionVerification:
    """Verifies one transaction; as an external operation it has no side effects.

    Services are only asked on the loop, what they gave is checked beside it. The class's name
    stands in the journals of flows.
    """

    def __init__(
        self, services: NodeServices, transaction: SignedTransaction, check_signatures: bool
    ) -> None:
        self._services = services
        self._transaction = transaction
        self._check_signatures = check_signatures

    @cached_property
    def prepared(self) -> PreparedVerification:
        """What is to be checked; looked up once."""
        return prepare_verification(self._transaction, self._services, self._check_signatures)

    def verify_at_once(self) -> bytes:
        """Check on the loop. Raises: as `SignedTransaction.verify`."""
        self.prepared.run()
        return b""

    def blocked_by(self) -> str:
        """For `flow explain`."""
        return f"the verification of transaction {self._transaction.id} must end"

    async def execute(self, deduplication_id: str) -> bytes:
        """The verdict: nothing, or the exception as the journal keeps it."""
        del deduplication_id  # a verification may be done twice
        try:
            await self._services.run_beside(self.prepared.run)
        except CordaError as error:
            return keep_error(error)
        return b""


async def verify_in_flow(context: FlowContext, operation: TransactionVerification) -> None:
    """Run `operation` in the step where the transaction is small, else wait for it.

    Raises: as `SignedTransaction.verify`; from the journal, the same type with the same text.
    """
    if _is_at_once(context, operation):
        context.record(VERIFIED, operation.verify_at_once)
        return
    data = cast("bytes", await suspend(ExecuteAsyncOperation(operation)))
    verdict = deserialize(data, bytes)
    if verdict:
        raise restore_error(verdict)


def _is_at_once(context: FlowContext, operation: TransactionVerification) -> bool:
    """A replay does as the journal says, whatever the setting is by now."""
    if context.replaying:
        return context.next_input_is(VERIFIED) or context.next_input_is(VERIFIED + FAILED)
    return operation.prepared.size <= context.large_transaction
