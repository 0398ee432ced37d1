"""Heads that nodes remember, and the question a notary worker asks them when it starts.

A node keeps the highest head it saw of each worker (`remember_head`, in the step in which it gets
the notary's response). A worker that starts asks its witnesses and signs nothing before one has
answered; an answer that its database doesn't contain stops it. The question carries the worker's
own head, so that a witness which never asks for a notarisation has one to remember too.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serializable, serialize
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    flow_name,
    initiated_by,
    initiating_flow,
)
from corda_sim.flow.notary.heads import SignedHead
from corda_sim.flow.notary.seen_heads import remember_head
from notary.node_service import NotaryNodeService
from notary.worker import NotaryWorker


@serializable("corda.notary.HeadQuery")
@dataclass(frozen=True, slots=True)
class HeadQuery:
    """Which is the highest head you saw of this worker? Its present one is `head`."""

    worker: str
    head: SignedHead | None = None


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
    """Compares a witness's answer with the database; any number of times.

    An answer to a question of an earlier process (`instance_id`) says nothing of what the witness
    has seen since, and counts for nothing.
    """

    def __init__(
        self, node: NotaryNodeService, instance_id: str, witness: str, answer: HeadAnswer
    ) -> None:
        self._node, self._instance_id = node, instance_id
        self._witness, self._answer = witness, answer

    async def execute(self, deduplication_id: str) -> bool:
        """Whether the worker signs from now on; a lost head is a NotaryRollbackException."""
        del deduplication_id
        worker = self._node.worker
        if self._instance_id == self._node.instance_id:
            worker.witness_answered(self._witness, self._answer.head)
        return worker.status.ready


@initiating_flow("corda_sim.notary.AskWitnessFlow")
class AskWitnessFlow(FlowLogic[None]):
    """Started by a worker for each witness when its node starts; `instance_id` is that start's."""

    def __init__(self, witness: Party, instance_id: str) -> None:
        self.witness, self.instance_id = witness, instance_id

    async def call(self) -> None:
        """Ask, and judge the answer.

        Raises:
            NotaryRollbackException: the witness has seen a head that the database lacks.
            SignatureException: the head isn't signed by the notary.
        """
        node = self.service_hub.cordapp_service(NotaryNodeService)
        session = self.initiate_flow(self.witness)
        asked = self.context.record("notary-query", lambda: serialize(_query(node.worker)))
        received = await session.send_and_receive(HeadAnswer, deserialize(asked, HeadQuery))
        answer = received.unwrap(lambda value: value)
        witness = str(self.witness.name)
        await self.await_external(CheckAnswerOperation(node, self.instance_id, witness, answer))


def _query(worker: NotaryWorker) -> HeadQuery:
    return HeadQuery(worker.store.worker, worker.head)


@initiated_by("corda_sim.notary.AskWitnessFlow")
@flow_name("corda_sim.notary.AnswerWorkerFlow")
class AnswerWorkerFlow(FlowLogic[None]):
    """Tells a worker the highest head that this node saw of it."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer one query, and remember the worker's own head.

        Raises:
            FlowException: the head isn't a notary's, or the asker isn't its worker.
        """
        received = await self.session.receive(HeadQuery)
        query = received.unwrap(self._check)
        heads = self.service_hub.cordapp_service(SeenHeads)
        data = self.context.record("notary-head", lambda: serialize(heads.answer(query)))
        if query.head is not None:
            remember_head(self, query.head)
        await self.session.send(deserialize(data, HeadAnswer))

    def _check(self, query: HeadQuery) -> HeadQuery:
        if query.worker != str(self.session.counterparty.name):
            raise FlowException("A notary worker asks for its own head only")
        if query.head is not None:
            if query.head.head.worker != query.worker:
                raise FlowException("The head is another worker's")
            _verify(query.head, self.service_hub.notary_identities())
        return query


def _verify(head: SignedHead, notaries: Iterable[Party]) -> None:
    for notary in notaries:
        with suppress(SignatureException):
            head.verify(notary.owning_key)
            return
    raise FlowException("The head isn't signed by a notary of this network")
