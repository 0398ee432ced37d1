"""Notarise, record and broadcast (net.corda.core.flows.FinalityFlow of Corda 4.10)."""

from collections.abc import Iterable
from typing import ClassVar

from corda_sim.core.contracts import ContractState
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty, CordaX500Name
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    StatesToRecord,
    UnexpectedFlowEndException,
    flow_name,
)
from flows.data_vending import SendTransactionFlow
from flows.notarise import NotaryFlow
from flows.resolution import ReceiveTransactionFlow

NOTARISING = "Requesting signature by notary service"
BROADCASTING = "Broadcasting transaction to participants"


@flow_name("corda.FinalityFlow")
class FinalityFlow(FlowLogic[SignedTransaction]):
    """Verify, notarise where needed, record, and send to all other participants side by side.

    `sessions` must reach every participant that isn't this node; each counterparty runs
    ReceiveFinalityFlow.

    Raises: IllegalArgumentError for wrong sessions, NotaryException, and what verifying raises;
    UnexpectedFlowEndException when a counterparty went away, the transaction being final already.
    """

    steps: ClassVar[tuple[str, ...]] = (NOTARISING, BROADCASTING)

    def __init__(
        self,
        transaction: SignedTransaction,
        sessions: Iterable[FlowSession] = (),
        states_to_record: StatesToRecord = StatesToRecord.ONLY_RELEVANT,
    ) -> None:
        self.transaction = transaction
        self.sessions = tuple(sessions)
        self.states_to_record = states_to_record

    async def call(self) -> SignedTransaction:
        """The transaction with the notary's signatures."""
        self._check_sessions()
        await self._verify()
        final = await self._notarise()
        self.service_hub.record_transactions((final,), self.states_to_record)
        await self._broadcast(final)
        return final

    def _check_sessions(self) -> None:
        reached = {session.counterparty for session in self.sessions}
        if self.our_identity in reached:
            raise IllegalArgumentError(
                "Do not provide flow sessions for the local node. FinalityFlow will record the "
                "notarised transaction locally."
            )
        # keys may become known later: a replay takes the answer that was given
        names = self.context.record("participants", lambda: serialize(self._external_names()))
        known = {str(party.name) for party in reached}
        missing = [name for name in deserialize(names, tuple[str, ...]) if name not in known]
        if missing:
            raise IllegalArgumentError(
                "Flow sessions were not provided for the following transaction participants: "
                f"[{', '.join(missing)}]"
            )

    def _external_names(self) -> tuple[str, ...]:
        hub, stx = self.service_hub, self.transaction
        states: list[ContractState] = [hub.state_and_ref(ref).state.data for ref in stx.inputs]
        states += [output.data for output in stx.outputs]
        names: dict[CordaX500Name, None] = {}
        for participant in _participants(states):
            party = hub.well_known_party_from_anonymous(participant)
            if party is not None and party != self.our_identity:
                names[party.name] = None
        return tuple(map(str, names))

    async def _verify(self) -> None:
        stx = self.transaction
        notary_key = None if stx.notary is None else stx.notary.owning_key
        missing = stx.get_missing_signers() - {notary_key}
        if missing:
            stx.verify_signatures_except(*(() if notary_key is None else (notary_key,)))
        await self.service_hub.verify_transaction(stx, check_signatures=False)

    async def _notarise(self) -> SignedTransaction:
        stx = self.transaction
        if stx.notary is None or stx.notary.owning_key not in stx.get_missing_signers():
            return stx
        self.set_step(NOTARISING)
        signatures = await self.sub_flow(NotaryFlow(stx, skip_verification=True))
        return stx.with_additional_signatures(signatures)

    async def _broadcast(self, final: SignedTransaction) -> None:
        if not self.sessions:
            return
        self.set_step(BROADCASTING)
        try:
            await self.sub_flow(SendTransactionFlow(self.sessions, final))
        except UnexpectedFlowEndException as error:
            raise UnexpectedFlowEndException(
                f"{error.peer or 'A counterparty'} has finished prematurely and we're trying to "
                f"send them the finalised transaction. Did they forget to call "
                f"ReceiveFinalityFlow? ({error.message})"
            ) from error


def _participants(states: Iterable[ContractState]) -> tuple[AbstractParty, ...]:
    return tuple(dict.fromkeys(party for state in states for party in state.participants))


@flow_name("corda.ReceiveFinalityFlow")
class ReceiveFinalityFlow(FlowLogic[SignedTransaction]):
    """Receive, verify and record what the other side's FinalityFlow sends.

    The transaction is final by the time it arrives. So a flow that fails here is kept in the
    hospital, unless it was the counterparty that failed and nothing had come yet (FinalityDoctor).

    Raises: FlowException for another transaction than `expected_tx_id`; nothing is recorded then.
    """

    def __init__(
        self,
        session: FlowSession,
        expected_tx_id: SecureHash | None = None,
        states_to_record: StatesToRecord = StatesToRecord.ONLY_RELEVANT,
    ) -> None:
        self.session = session
        self.expected_tx_id = expected_tx_id
        self.states_to_record = states_to_record

    async def call(self) -> SignedTransaction:
        """The recorded transaction."""
        receiving = _ReceiveExpected(self.session, self.expected_tx_id, self.states_to_record)
        try:
            return await self.sub_flow(receiving)
        except Exception as error:
            if receiving.received is not None or not _is_of_peer(error):
                self.context.keep_under_observation(error)
            raise


class FinalityResponder(FlowLogic[SignedTransaction]):
    """For responders that do no more than receive what a flow finalises with its sessions."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SignedTransaction:
        """The transaction, recorded."""
        return await self.sub_flow(ReceiveFinalityFlow(self.session))


def _is_of_peer(error: Exception) -> bool:
    return isinstance(error, FlowException) and error.peer is not None


class _ReceiveExpected(ReceiveTransactionFlow):
    def __init__(
        self, session: FlowSession, expected: SecureHash | None, states: StatesToRecord
    ) -> None:
        super().__init__(session, check_sufficient_signatures=True, states_to_record=states)
        self.expected = expected

    def check_before_recording(self, transaction: SignedTransaction) -> None:
        if self.expected is not None and self.expected != transaction.id:
            raise FlowException(
                f"We expected to receive transaction with ID {self.expected} but instead got "
                f"{transaction.id}. Transaction was not recorded and nor its states sent to the "
                f"vault."
            )
