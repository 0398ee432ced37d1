"""The notary as a node hosts it: from `[notary]` in node.toml to a service that signs."""

import asyncio
import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.serialization import serialize
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.notary.errors import NotaryRollbackException
from corda_sim.flow.notary.heads import empty_head, sign_head
from notary.anchor import AnchorFile
from notary.batch_signing import KeyPairSigner
from notary.hosting import HostedNotary, notary_service, seen_heads_service
from notary.witness import HeadQuery
from notary.worker import write_empty_head
from tests.unit.notary import transactions as txs
from tests.unit.notary.support import EXPIRED, NOW, WORKER, logged

HubFactory = Callable[..., AppServiceHub]
OWN = Party(CordaX500Name.parse(WORKER), txs.BOB_KEYS.public)


@pytest.fixture
def new_hub(url: str, tmp_path: Path) -> HubFactory:
    def make(**settings: object) -> AppServiceHub:
        services = SimpleNamespace(
            our_identity=OWN,
            now_ns=lambda: int(NOW.timestamp()) * 10**9,
            entropy=lambda size: b"\7" * size,
            party_by_text=lambda _text: txs.ALICE,
        )
        return AppServiceHub(
            services=cast("Any", services),
            directory=tmp_path,
            database_url=url,
            settings={"notary": {"validating": True, **settings}},
            sign=lambda _key, _data: b"",
            service_identity=txs.NOTARY,
            service_key=txs.NOTARY_KEYS,
        )

    return make


@pytest.fixture
def anchored(tmp_path: Path) -> AnchorFile:
    file = AnchorFile(tmp_path / "notary-head")
    write_empty_head(file, WORKER, KeyPairSigner(txs.NOTARY_KEYS))
    return file


def hosted(hub: AppServiceHub) -> HostedNotary:
    made = notary_service(hub)
    assert made is not None
    return made


def test_a_node_without_the_table_is_no_notary(new_hub: HubFactory) -> None:
    assert notary_service(dataclasses.replace(new_hub(), settings={})) is None


@pytest.mark.parametrize("lacking", ["service_identity", "service_key"])
def test_a_notary_needs_its_service_identity(new_hub: HubFactory, lacking: str) -> None:
    hub = dataclasses.replace(new_hub(), **{lacking: None})  # type: ignore[arg-type]
    with pytest.raises(IllegalStateError, match="no service identity"):
        notary_service(hub)


@pytest.mark.usefixtures("anchored")
def test_it_says_what_it_waits_for_until_it_is_ready(new_hub: HubFactory) -> None:
    notary = hosted(new_hub(witnesses=("O=Alice, L=London, C=GB",)))
    assert notary.why_not_ready() != ""
    notary.start()
    assert notary.why_not_ready().endswith("O=Alice, L=London, C=GB")
    notary.worker.witness_answered("O=Alice, L=London, C=GB", None)
    assert notary.why_not_ready() == ""
    notary.worker.store.close()


@pytest.mark.usefixtures("anchored")
def test_each_witness_is_asked_by_a_flow_of_this_start(new_hub: HubFactory) -> None:
    notary = hosted(new_hub(witnesses=("one", "two")))
    asked = notary.flows_at_start()
    assert [flow.witness for flow in asked] == [txs.ALICE, txs.ALICE]  # type: ignore[attr-defined]
    assert {flow.instance_id for flow in asked} == {notary.instance_id}  # type: ignore[attr-defined]


def test_a_head_to_accept_comes_from_the_settings(new_hub: HubFactory) -> None:
    wrong = SecureHash.sha256(b"another")
    for refused in (hosted(new_hub()), hosted(new_hub(acceptHead=str(wrong)))):
        with pytest.raises(NotaryRollbackException):
            refused.start()
        refused.worker.store.close()
    notary = hosted(new_hub(acceptHead=str(empty_head(WORKER).hash)))
    notary.start()
    assert notary.worker.status.ready
    notary.worker.store.close()


@pytest.mark.usefixtures("anchored")
def test_its_figures_tell_conflicts_from_other_refusals(new_hub: HubFactory) -> None:
    notary = hosted(new_hub(inline=True))
    assert figures_of(notary)["notary_ready"] == 0
    notary.start()
    for request in (logged("t", "ab"), logged("u", "b"), logged("late", "c", window=EXPIRED)):
        asyncio.run(notary.service.notarise(request))
    found = figures_of(notary)
    assert found["notary_ready"] == 1
    assert found["notary_commit"] == 3
    assert found["notary_batches"] == 3
    assert found["notary_number_of_input_states"] == 4
    assert found["notary_conflicts"] == 1
    assert found["notary_refused"] == 2
    assert found["notary_request_queue_size"] == found["notary_request_queue_queued_states"] == 0
    notary.worker.store.close()


def figures_of(notary: HostedNotary) -> dict[str, float]:
    return {figure.name: figure.value for figure in notary.figures()}


def test_a_node_reads_what_it_remembers(new_hub: HubFactory, tmp_path: Path) -> None:
    node = tmp_path / "node.db"
    signer = KeyPairSigner(txs.NOTARY_KEYS)
    head = sign_head(empty_head(WORKER), signer.public_key, signer.sign)
    with sqlite3.connect(node) as database:
        database.execute("CREATE TABLE node_notary_heads (worker, sequence, head)")
        database.execute(
            "INSERT INTO node_notary_heads VALUES (?, 0, ?)", (WORKER, serialize(head))
        )
    database.close()
    hub = dataclasses.replace(new_hub(), database_url=f"sqlite:///{node}")
    heads = seen_heads_service(hub)
    assert heads.answer(HeadQuery(WORKER)).head == head
    assert heads.answer(HeadQuery("O=Other, L=Zurich, C=CH")).head is None
