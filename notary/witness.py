"""Heads that nodes remember, and the question a notary worker asks them when it starts.

A node keeps the highest head it saw of each worker (`remember_head`, in the step in which it gets
the notary's response). A worker that starts asks its witnesses and signs nothing before one has
answered; an answer that its database doesn't contain stops it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serializable, serialize
from corda_sim.flow import FlowLogic, FlowSession, flow_name, initiated_by, initiating_flow
from corda_sim.flow.notary.heads import SignedHead
from notary.node_service import NotaryNodeService
from notary.worker import NotaryWorker


@serializable("corda.notary.HeadQuery")
@dataclass(frozen=True, slots=True)
class HeadQuery:
    """Which is the highest head you saw of this worker?"""

    worker: str


@serializable("corda.notary.HeadAnswer")
@dataclass(frozen=True, slots=True)
class HeadAnswer:
    """The highest head seen; None when the witness never saw one."""

    head: SignedHead | None = None


class SeenHeads:
    """The CorDapp service of every node that reads `node_notary_heads`.

    `load` gives the `head` column of a worker's row, None without one.
    """

    def __init__(self, load: Callable[[str], bytes | None]) -> None:
        self._load = load

    def answer(self, query: HeadQuery) -> HeadAnswer:
        """The stored head, if any."""
        stored = self._load(query.worker)
        return HeadAnswer(None if stored is None else deserialize(stored, SignedHead))


class CheckAnswerOperation:
    """Compares a witness's answer with the database; any number of times."""

    def __init__(self, worker: NotaryWorker, witness: str, answer: HeadAnswer) -> None:
        self._worker, self._witness, self._answer = worker, witness, answer

    async def execute(self, deduplication_id: str) -> bool:
        """Whether the worker signs from now on; a lost head is a NotaryRollbackException."""
        del deduplication_id
        self._worker.witness_answered(self._witness, self._answer.head)
        return self._worker.status.ready


@initiating_flow("corda_sim.notary.AskWitnessFlow")
class AskWitnessFlow(FlowLogic[None]):
    """Started by a worker for each witness when its node starts."""

    def __init__(self, witness: Party) -> None:
        self.witness = witness

    async def call(self) -> None:
        """Ask, and judge the answer.

        Raises:
            NotaryRollbackException: the witness has seen a head that the database lacks.
            SignatureException: the head isn't signed by the notary.
        """
        worker = self.service_hub.cordapp_service(NotaryNodeService).worker
        session = self.initiate_flow(self.witness)
        received = await session.send_and_receive(HeadAnswer, HeadQuery(worker.store.worker))
        answer = received.unwrap(lambda value: value)
        await self.await_external(CheckAnswerOperation(worker, str(self.witness.name), answer))


@initiated_by("corda_sim.notary.AskWitnessFlow")
@flow_name("corda_sim.notary.AnswerWorkerFlow")
class AnswerWorkerFlow(FlowLogic[None]):
    """Tells a worker the highest head that this node saw of it."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer one query."""
        received = await self.session.receive(HeadQuery)
        query = received.unwrap(lambda value: value)
        heads = self.service_hub.cordapp_service(SeenHeads)
        data = self.context.record("notary-head", lambda: serialize(heads.answer(query)))
        await self.session.send(deserialize(data, HeadAnswer))
