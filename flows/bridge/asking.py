"""The questions of an audit: to a notary what it has committed, to a validator what it has signed.

Validators answer everybody: an id tells nothing of what is in a transaction.
"""

from dataclasses import dataclass

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serializable, serialize
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.notary.spendings import (
    MAX_ASKED,
    SPENDINGS_FLOW,
    Spending,
    Spendings,
    SpendingsQuery,
)
from flows.validator_service import validator_policy


@serializable("corda_sim.validator.SignedQuery")
@dataclass(frozen=True, slots=True)
class SignedQuery:
    """Which of these transactions have you signed? At most ``MAX_ASKED``."""

    ids: tuple[SecureHash, ...]


@serializable("corda_sim.validator.Signed")
@dataclass(frozen=True, slots=True)
class Signed:
    """Those of the question that the validator's log has."""

    ids: tuple[SecureHash, ...]


@initiating_flow(SPENDINGS_FLOW)
class AskSpendingsFlow(FlowLogic[tuple[Spending, ...]]):
    """Ask a notary what consumed states, at most ``MAX_ASKED``."""

    def __init__(self, notary: Party, refs: tuple[StateRef, ...]) -> None:
        self.notary, self.refs = notary, refs

    async def call(self) -> tuple[Spending, ...]:
        """The transactions that did."""
        session = self.initiate_flow(self.notary)
        answer = await session.send_and_receive(Spendings, SpendingsQuery(self.refs))
        return answer.unwrap(lambda value: value).found


@initiating_flow("corda_sim.bridge.AskSignedFlow")
class AskSignedFlow(FlowLogic[frozenset[SecureHash]]):
    """Ask a validator, which may be this node, which transactions it has signed."""

    def __init__(self, validator: Party, ids: tuple[SecureHash, ...]) -> None:
        self.validator, self.ids = validator, ids

    async def call(self) -> frozenset[SecureHash]:
        """Those it has."""
        if self.validator == self.our_identity:
            return frozenset(await self.sub_flow(LoggedFlow(self.ids)))
        session = self.initiate_flow(self.validator)
        answer = await session.send_and_receive(Signed, SignedQuery(self.ids))
        return frozenset(answer.unwrap(lambda value: value).ids)


class LoggedFlow(FlowLogic[tuple[SecureHash, ...]]):
    """Look into this validator's own log."""

    def __init__(self, ids: tuple[SecureHash, ...]) -> None:
        self.ids = ids

    async def call(self) -> tuple[SecureHash, ...]:
        """The transactions that it has."""
        policy = validator_policy(self)
        data = self.context.record("signed", lambda: serialize(policy.signed_before(self.ids)))
        return deserialize(data, tuple[SecureHash, ...])


@initiated_by(AskSignedFlow)
class TellSignedFlow(FlowLogic[None]):
    """Answers one question. Raises: FlowException for too many transactions."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer from the log."""
        query = (await self.session.receive(SignedQuery)).unwrap(_check)
        await self.session.send(Signed(await self.sub_flow(LoggedFlow(query.ids))))


def _check(query: SignedQuery) -> SignedQuery:
    if len(query.ids) > MAX_ASKED:
        raise FlowException(f"At most {MAX_ASKED} transactions at once, not {len(query.ids)}")
    return query
