"""The responder flows, driven by hand: what they receive, what they send, how they end."""

import dataclasses
from collections.abc import Coroutine, Generator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowException, FlowLogic, FlowSession, UntrustworthyData
from corda_sim.flow.context import FlowContext
from corda_sim.flow.notary.errors import (
    Conflict,
    General,
    NotaryException,
    RequestSignatureInvalid,
    TimeWindowInvalid,
    TransactionInvalid,
)
from corda_sim.flow.notary.heads import NotaryHead, SignedHead, empty_head, sign_head
from corda_sim.flow.notary.seen_heads import remember_head
from corda_sim.flow.notary.types import NotarisationResponse, WaitTimeUpdate, validate_response
from corda_sim.flow.requests import ExecuteAsyncOperation
from notary import cordapp
from notary.anchor import AnchorFile
from notary.awaited import AwaitedWitnesses
from notary.batch_signing import KeyPairSigner
from notary.descriptor import NOTARY_CORDAPP
from notary.flows import CommitOperation, NotaryServiceFlow
from notary.node_service import NotaryConfiguration, NotaryHooks, NotaryNodeService
from notary.service import NotaryService
from notary.witness import (
    AnswerWorkerFlow,
    CheckAnswerOperation,
    HeadAnswer,
    HeadQuery,
    SeenHeads,
)
from notary.worker import NotaryWorker, write_empty_head
from tests.unit.notary import transactions as txs
from tests.unit.notary.support import EXPIRED, NOW, OPEN, logged, tx

T = TypeVar("T")
WORKER_NAME = "O=Worker, L=Zurich, C=CH"


@dataclass
class Session:
    """A session whose peer has sent `incoming` already."""

    counterparty: Party
    incoming: list[object]
    sent: list[object] = field(default_factory=list)

    async def receive(self, expected: type[T]) -> UntrustworthyData[T]:
        value = self.incoming.pop(0)
        assert isinstance(value, expected)
        return UntrustworthyData(value)

    async def send(self, payload: object) -> None:
        self.sent.append(deserialize(serialize(payload), type(payload)))


@dataclass
class Hub:
    """Of a service hub, what the notary's flows use."""

    installed: list[object]

    @property
    def services(self) -> SimpleNamespace:
        return SimpleNamespace(network_parameters_by_hash=self.parameters)

    def notary_identities(self) -> tuple[Party, ...]:
        return (txs.NOTARY,)

    def parameters(self, wanted: SecureHash) -> object:
        return txs.PARAMETERS if wanted == txs.PARAMETERS.hash else None

    def cordapp_service(self, cls: type[T]) -> T:
        return next(one for one in self.installed if isinstance(one, cls))


def complete(work: Coroutine[Any, Any, T] | Generator[Any, Any, T]) -> T:
    """Run what never waits."""
    with pytest.raises(StopIteration) as done:
        work.send(None)
    return cast("T", done.value.value)


def attach(flow: FlowLogic[Any], hub: Hub) -> FlowContext:
    context = FlowContext("flow", b"seed", txs.NOTARY, 10_000_000)
    context.begin_step(0, None)
    flow.attach(context, cast("Any", hub), None)
    return context


def run(flow: FlowLogic[T], hub: Hub) -> T:
    """Drive a flow to its end as the engine would: results go through serialization."""
    attach(flow, hub)
    coroutine = flow.call()
    value: object = None
    while True:
        try:
            request = coroutine.send(value)
        except StopIteration as done:
            return cast("T", done.value)
        assert isinstance(request, ExecuteAsyncOperation)
        operation = cast("Any", request.operation)
        value = serialize(complete(operation.execute("flow:1")))


@pytest.fixture
def node(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NotaryNodeService]:
    signer = KeyPairSigner(txs.NOTARY_KEYS)
    keys = tmp_path_factory.mktemp("keys")
    configuration = NotaryConfiguration(txs.NOTARY, False, WORKER_NAME, url, keys)
    write_empty_head(configuration.anchor, WORKER_NAME, signer)
    hooks = NotaryHooks(clock=lambda: NOW)
    built = NotaryNodeService.build(configuration, signer, hooks, instance_id="i", run=None)
    built.worker.start()
    built.service.start()
    yield built
    built.worker.store.close()


def notarise(
    node: NotaryNodeService, payload: object, requester: Party = txs.ALICE
) -> list[object]:
    session = Session(requester, [payload])
    run(NotaryServiceFlow(cast("FlowSession", session)), Hub([node]))
    return session.sent


def refusal(node: NotaryNodeService, payload: object, requester: Party = txs.ALICE) -> object:
    with pytest.raises(NotaryException) as caught:
        notarise(node, payload, requester)
    return caught.value.error


def test_a_good_request_is_signed_and_carries_the_head(node: NotaryNodeService) -> None:
    wire = txs.wire("a", "r", OPEN)
    (response,) = notarise(node, txs.payload(wire))
    assert isinstance(response, NotarisationResponse)
    validate_response(response, wire.id, txs.NOTARY)
    assert response.head is not None
    assert response.head.head.sequence == 1


def test_the_same_request_again_is_signed_again(node: NotaryNodeService) -> None:
    payload = txs.payload(txs.wire("a"))
    notarise(node, payload)
    (response,) = notarise(node, payload)
    assert isinstance(response, NotarisationResponse)


def test_refusals_of_the_decision_reach_the_requester(node: NotaryNodeService) -> None:
    notarise(node, txs.payload(txs.wire("a")))
    assert isinstance(refusal(node, txs.payload(txs.wire("ab"))), Conflict)
    assert isinstance(refusal(node, txs.payload(txs.wire("c", window=EXPIRED))), TimeWindowInvalid)


def refusing_head(node: NotaryNodeService, payload: object) -> SignedHead | None:
    with pytest.raises(NotaryException) as caught:
        notarise(node, payload)
    got = FlowException.from_wire(caught.value.to_wire())
    assert isinstance(got, NotaryException)
    return got.head


def test_every_kind_of_refusal_carries_the_signed_head(node: NotaryNodeService) -> None:
    notarise(node, txs.payload(txs.wire("a")))
    unsigned = txs.payload(txs.wire("c"), signer=txs.BOB_KEYS)
    for refused in [
        txs.payload(txs.wire("ab")),
        txs.payload(txs.wire("c", window=EXPIRED)),
        txs.payload(txs.wire("c", notary=txs.BOB)),
        unsigned,
    ]:
        head = refusing_head(node, refused)
        assert head is not None
        assert head.head == node.worker.store.head()
        assert head.head.sequence == 1
        head.verify(txs.NOTARY.owning_key)
    complete(node.service.stop())
    assert refusing_head(node, txs.payload(txs.wire("d"))) == node.worker.head


def test_a_worker_that_is_not_started_has_no_head_to_give(
    node: NotaryNodeService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    anchor = AnchorFile(tmp_path_factory.mktemp("keys") / "notary-head")
    worker = NotaryWorker(node.worker.store, KeyPairSigner(txs.NOTARY_KEYS), anchor)
    idle = dataclasses.replace(node, worker=worker, service=NotaryService(worker))
    assert isinstance(refusal(idle, txs.payload(txs.wire("a"))), General)
    assert refusing_head(idle, txs.payload(txs.wire("a"))) is None


def test_a_stolen_request_is_refused(node: NotaryNodeService) -> None:
    error = refusal(node, txs.payload(txs.wire("a")), requester=txs.BOB)
    assert isinstance(error, RequestSignatureInvalid)
    assert notarise(node, txs.payload(txs.wire("ab")))


def test_the_other_notary_comes_before_a_wrong_signature(node: NotaryNodeService) -> None:
    payload = txs.payload(txs.wire("a", notary=txs.BOB), signer=txs.BOB_KEYS)
    assert isinstance(refusal(node, payload), TransactionInvalid)


def test_a_service_that_is_stopped_asks_to_try_again(node: NotaryNodeService) -> None:
    complete(node.service.stop())
    assert isinstance(refusal(node, txs.payload(txs.wire("a"))), General)


def test_a_long_queue_is_announced_first(
    node: NotaryNodeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(node.service), "eta", lambda *_: timedelta(seconds=12.5))
    update, response = notarise(node, txs.payload(txs.wire("a")))
    assert update == WaitTimeUpdate(12_500)
    assert update.wait_time == timedelta(seconds=12.5)
    assert isinstance(response, NotarisationResponse)


def test_a_client_that_knows_no_wait_time_updates_gets_none(
    node: NotaryNodeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(node.service), "eta", lambda *_: timedelta(seconds=12.5))
    payload = txs.payload(txs.wire("a"))
    signature = dataclasses.replace(payload.request_signature, platform_version=3)
    old = dataclasses.replace(payload, request_signature=signature)
    assert [type(sent) for sent in notarise(node, old)] == [NotarisationResponse]


def test_explain_names_the_witnesses_that_a_commit_waits_for(
    node: NotaryNodeService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    anchor = AnchorFile(tmp_path_factory.mktemp("keys") / "notary-head")
    signer = KeyPairSigner(txs.NOTARY_KEYS)
    write_empty_head(anchor, WORKER_NAME, signer)
    witnesses = AwaitedWitnesses(["Validator", "PartyA"])
    worker = NotaryWorker(node.worker.store, signer, anchor, witnesses=witnesses)
    worker.start()
    operation = CommitOperation(NotaryService(worker), logged("t", "a"))
    assert operation.blocked_by().endswith("one of these must be up: Validator; PartyA")
    worker.witness_answered("PartyA", None)
    assert operation.blocked_by() == ""


class TestWitness:
    worker = Party(CordaX500Name.parse(WORKER_NAME), txs.BOB_KEYS.public)

    def ask(
        self, stored: bytes | None, query: HeadQuery | None = None
    ) -> tuple[HeadAnswer, FlowContext]:
        session = Session(self.worker, [query or HeadQuery(WORKER_NAME)])
        heads = SeenHeads(lambda worker: stored if worker == WORKER_NAME else None)
        flow = AnswerWorkerFlow(cast("FlowSession", session))
        run(flow, Hub([heads]))
        (answer,) = session.sent
        assert isinstance(answer, HeadAnswer)
        return answer, flow.context

    def signed(self, head: NotaryHead) -> SignedHead:
        signer = KeyPairSigner(txs.NOTARY_KEYS)
        return sign_head(head, signer.public_key, signer.sign)

    def test_a_node_answers_with_what_it_remembers(self) -> None:
        head = self.signed(NotaryHead(WORKER_NAME, 4, tx("four")))
        assert self.ask(serialize(head))[0] == HeadAnswer(head)
        assert self.ask(None)[0] == HeadAnswer(None)

    def test_a_witness_remembers_the_head_that_it_was_asked_with(self) -> None:
        query = HeadQuery(WORKER_NAME, self.signed(NotaryHead(WORKER_NAME, 4, tx("four"))))
        answer, context = self.ask(None, query)
        assert answer == HeadAnswer(None), "what it knew before it was asked"
        (operation,) = context.staged.batch.ops
        assert "node_notary_heads" in str(operation)
        assert not self.ask(None)[1].staged.batch.ops

    def test_a_stranger_cannot_make_a_witness_remember(self) -> None:
        head = NotaryHead(WORKER_NAME, 4, tx("four"))
        forged = sign_head(head, txs.BOB.owning_key, KeyPairSigner(txs.BOB_KEYS).sign)
        others = self.signed(NotaryHead("O=Other, L=Zurich, C=CH", 4, tx("four")))
        for query, reason in [
            (HeadQuery(WORKER_NAME, forged), "signed by a notary"),
            (HeadQuery(WORKER_NAME, others), "another worker's"),
            (HeadQuery("O=Other, L=Zurich, C=CH", others), "its own head only"),
        ]:
            with pytest.raises(FlowException, match=reason):
                self.ask(None, query)

    def test_a_node_stages_the_head_it_saw(self) -> None:
        flow = FlowLogic[None]()
        context = attach(flow, Hub([]))
        remember_head(flow, self.signed(empty_head(WORKER_NAME)))
        (operation,) = context.staged.batch.ops
        assert "node_notary_heads" in str(operation)

    def test_an_answer_makes_the_worker_ready(
        self, node: NotaryNodeService, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        anchor = AnchorFile(tmp_path_factory.mktemp("again") / "notary-head")
        signer = KeyPairSigner(txs.NOTARY_KEYS)
        write_empty_head(anchor, WORKER_NAME, signer)
        worker = type(node.worker)(
            node.worker.store, signer, anchor, witnesses=AwaitedWitnesses(["Bob"])
        )
        worker.start()
        forged = HeadAnswer(sign_head(empty_head(WORKER_NAME), txs.BOB.owning_key, lambda _: b""))
        waiting = dataclasses.replace(node, worker=worker)
        with pytest.raises(SignatureException):
            CheckAnswerOperation(waiting, "i", "Bob", forged).execute("1").send(None)
        stale = CheckAnswerOperation(waiting, "an earlier process", "Bob", HeadAnswer())
        assert not complete(stale.execute("1"))
        assert complete(CheckAnswerOperation(waiting, "i", "Bob", HeadAnswer()).execute("1"))


def test_the_entry_point_names_the_flows() -> None:
    assert cordapp is NOTARY_CORDAPP
    names = [flow.flow_name for flow in NOTARY_CORDAPP.flows]
    assert names == [
        "corda_sim.notary.NotaryServiceFlow",
        "corda_sim.notary.AskWitnessFlow",
        "corda_sim.notary.AnswerWorkerFlow",
        "corda_sim.bridge.TellSpendingsFlow",
    ]
