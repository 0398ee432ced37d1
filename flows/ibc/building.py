"""The one flow that makes bridge transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from corda_sim.core.contracts import StateAndRef, StateRef, TimeWindow
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serializable, serialize
from corda_sim.core.transactions import TransactionBuilder
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.errors import KilledFlowException
from corda_sim.flow.notary.errors import Conflict, NotaryException, TimeWindowInvalid
from corda_sim.ibc.queries import TransactionEvents
from flows.finality import FinalityFlow, FinalityResponder
from flows.ibc.applications import NO_PARTS, ApplicationParts
from flows.ibc.draft import Draft, Intent, draft_of
from flows.ibc.index import HostStates
from flows.ibc.offers import ends_of, signed_transactions
from flows.ibc.plan import Plan, Planner
from flows.ibc.refill import refills
from flows.ibc.service import bridge_service
from flows.ibc.validated import ValidatedFlow
from flows.ibc.window import window_for
from flows.refusals import AlreadySignedRefused, TimeWindowRefused
from states.ibc import Host

PLANNING = "Running the messages over the vault"
SIGNING = "Collecting the validators' signatures"
FINALISING = "Finalising the bridge transaction"
BACK_OFF = timedelta(milliseconds=200)
ATTEMPTS = 300
"""With the back-off, longer than a time-window that a validator holds states for."""
_AGAIN = (AlreadySignedRefused, TimeWindowRefused)
_PASSING = (Conflict, TimeWindowInvalid)


class BridgeBusyException(FlowException):
    """States that the messages need were in use by others all the time."""

    wire_name: ClassVar[str] = "corda_sim.ibc.BridgeBusyException"


@serializable("corda_sim.ibc.Told")
@dataclass(frozen=True, slots=True)
class Told:
    """An event, as ``corda_sim.ibc.events``."""

    type: str
    attributes: tuple[tuple[str, str], ...]


@serializable("corda_sim.ibc.Submitted")
@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of the messages, each SUCCESS or NOOP; no transaction when all are NOOP.

    ``height`` is the transaction's, in milliseconds since 1970.
    """

    transaction: str
    height: int
    results: tuple[str, ...]
    events: tuple[Told, ...]


@initiating_flow("corda_sim.ibc.BridgeTransactionFlow")
class BridgeTransactionFlow(FlowLogic[Submitted]):
    """Deliver messages (the bytes of their Any's) to a host, all in one transaction.

    ``base_id`` may be left out where the node has one host. ``parts`` are an application's own
    components. A message whose work was done before is left out. Where states were taken by others,
    or the time-window was missed, all is built anew.

    Raises: what the messages' handlers raise, ValidationRefusedException, NotaryException,
    BridgeHostUnknown, BridgeBusyException.
    """

    steps: ClassVar[tuple[str, ...]] = (PLANNING, SIGNING, FINALISING)

    def __init__(
        self,
        messages: Iterable[bytes],
        base_id: StateRef | None = None,
        parts: ApplicationParts = NO_PARTS,
    ) -> None:
        self.messages = tuple(messages)
        self.base_id = base_id
        self.parts = parts

    async def call(self) -> Submitted:
        """The outcome, final."""
        reason = ""
        for _ in range(ATTEMPTS):
            self.set_step(PLANNING)
            states = bridge_service(self).index.host(self.base_id)
            window = window_for(self.service_hub.now(), self.messages, self._offers(states))
            plan = self._plan(states, window)
            if plan.mint:
                # the next plan chooses anew, among these as well
                self.service_hub.vault.soft_lock_release()
                await self.sub_flow(BridgeTransactionFlow((plan.mint,), self.base_id))
                await self.sleep(timedelta())
                continue
            if not plan.busy:
                try:
                    return await self._submit(states.host, window, plan)
                except (NotaryException, *_AGAIN) as error:
                    _require_passing(error)
                    reason = str(error)
            self.service_hub.vault.soft_lock_release()
            await self.sleep(BACK_OFF)
        raise BridgeBusyException(reason or plan.busy)

    def _offers(self, states: HostStates) -> tuple[int, ...]:
        """When the offers end that the messages sign for, in seconds since 1970."""
        signed = tuple(signed_transactions(self.messages))
        if not signed:
            return ()

        def find() -> bytes:
            return serialize(ends_of(self.service_hub.services, states, signed))

        return deserialize(self.context.record("offers", find), tuple[int, ...])

    def _plan(self, states: HostStates, window: TimeWindow) -> Plan:
        def make() -> bytes:
            services, staged = self.service_hub.services, self.context.staged
            planner = Planner(services, staged, states, window, self.parts)
            return serialize(planner.plan(self.messages))

        return deserialize(self.context.record("bridge", make), Plan)

    def _signers(self, host: Host) -> tuple[PublicKey, ...]:
        keys = (self.our_identity.owning_key, *(one.owning_key for one in host.asked_validators))
        return tuple(dict.fromkeys(keys))

    async def _submit(self, host: StateAndRef[Host], window: TimeWindow, plan: Plan) -> Submitted:
        if not plan.kept:
            return Submitted("", 0, tuple("NOOP" for _ in self.messages), ())
        draft = draft_of(self.service_hub.services, self._intent(host, window, plan))
        self.set_step(SIGNING)
        keys = dict.fromkeys((self.our_identity.owning_key, *plan.part_keys))
        stx = self.service_hub.sign_initial_transaction(draft.builder, *keys)
        stx = await self.sub_flow(ValidatedFlow(stx, host.state.data.asked_validators))
        self.set_step(FINALISING)
        height = draft.moment.height.revision_height
        bridge_service(self).history.remember(TransactionEvents(stx.id, height, draft.events))
        sessions = [self.initiate_flow(party) for party in self._others(draft.builder)]
        final = await self.sub_flow(FinalityFlow(stx, sessions))
        results = ("SUCCESS" if at in plan.kept else "NOOP" for at in range(len(self.messages)))
        await self._refill(draft)
        told = tuple(Told(event.type, event.attributes) for event in draft.events)
        return Submitted(str(final.id), height, tuple(results), told)

    async def _refill(self, draft: Draft) -> None:
        """Mint ahead; what fails is left to the packet that finds no ticket."""
        for message in refills(draft.events):
            try:
                await self.sub_flow(BridgeTransactionFlow((message,), self.base_id))
            except KilledFlowException:
                raise
            except CordaError as error:
                self.logger.warning("tickets weren't refilled: %s", error)

    def _intent(self, host: StateAndRef[Host], window: TimeWindow, plan: Plan) -> Intent:
        messages = tuple(self.messages[at] for at in plan.kept)
        return Intent(host, window, messages, self._signers(host.state.data), plan)

    def _others(self, builder: TransactionBuilder) -> list[Party]:
        """The participants that aren't this node."""
        states = (*(one.state for one in builder.input_states), *builder.output_states)
        found = dict.fromkeys(
            self.service_hub.well_known_party_from_anonymous(participant)
            for state in states
            for participant in state.data.participants
        )
        return [party for party in found if party not in (None, self.our_identity)]


def _require_passing(error: FlowException) -> None:
    """Raise a notary's refusal unless another attempt may fare better."""
    if isinstance(error, NotaryException) and not isinstance(error.error, _PASSING):
        raise error


@initiated_by(BridgeTransactionFlow)
class BridgeTransactionResponder(FinalityResponder):
    """Receives a bridge transaction that this node takes part in."""
