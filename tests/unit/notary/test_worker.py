"""The chain of heads, the refusal of rolled-back databases, and what a worker releases when."""

import shutil
from pathlib import Path

import pytest

from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import SignatureException
from corda_sim.flow.notary.errors import NotaryNotReadyException, NotaryRollbackException
from corda_sim.flow.notary.heads import (
    NotaryHead,
    SignedHead,
    digest_batch,
    empty_head,
    next_head,
    sign_head,
)
from corda_sim.flow.notary.rollback import KnownHead, check_rollback
from notary.anchor import AnchorFile
from notary.awaited import AwaitedWitnesses
from notary.batch_signing import KeyPairSigner
from notary.store import NotaryStore
from notary.worker import Notarised, NotaryWorker, Refused, write_empty_head
from tests.unit.notary.conftest import StoreFactory
from tests.unit.notary.support import WORKER, logged, tx

STRANGER = KeyPairSigner(derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, 99))


def notarised(worker: NotaryWorker, name: str, inputs: str = "") -> Notarised:
    outcome = worker.process([logged(name, inputs)])[0]
    assert isinstance(outcome, Notarised)
    return outcome


class TestChain:
    def test_a_head_covers_predecessor_number_and_batch(self) -> None:
        start, digest = empty_head(WORKER), SecureHash.sha256(b"batch")
        head = next_head(start, digest)
        link = bytes(start.hash) + (1).to_bytes(8, "big") + bytes(digest)
        assert head == NotaryHead(WORKER, 1, SecureHash.sha256(link))

    def test_numbers_given_away_before_are_skipped(self) -> None:
        assert next_head(empty_head(WORKER), tx("batch"), floor=41).sequence == 42

    def test_the_batch_digest_tells_apart_where_a_state_belongs(self) -> None:
        one = digest_batch([(tx("t"), [b"a", b"b"]), (tx("u"), [])])
        two = digest_batch([(tx("t"), [b"a"]), (tx("u"), [b"b"])])
        three = digest_batch([(tx("t"), [b"ab"]), (tx("u"), [])])
        assert len({one, two, three}) == 3

    def test_workers_start_from_different_heads(self) -> None:
        assert empty_head("one").hash != empty_head("two").hash

    def test_a_head_verifies_under_the_notarys_key_only(self, signer: KeyPairSigner) -> None:
        signed = sign_head(empty_head(WORKER), signer.public_key, signer.sign)
        signed.verify(signer.public_key)
        with pytest.raises(SignatureException):
            signed.verify(STRANGER.public_key)
        altered = SignedHead(empty_head("other"), signed.by, signed.signature)
        with pytest.raises(SignatureException):
            altered.verify(signer.public_key)


class TestRollbackCheck:
    database = NotaryHead(WORKER, 5, tx("five"))

    def check(self, head: NotaryHead, signer: KeyPairSigner, *waived: NotaryHead) -> None:
        known = KnownHead("PartyA", sign_head(head, signer.public_key, signer.sign))
        check_rollback(self.database, [known], lambda h: h == self.database, waived)

    def test_a_contained_head_passes(self, signer: KeyPairSigner) -> None:
        self.check(self.database, signer)

    def test_the_empty_head_passes(self, signer: KeyPairSigner) -> None:
        self.check(empty_head(WORKER), signer)

    def test_another_workers_head_says_nothing(self, signer: KeyPairSigner) -> None:
        self.check(NotaryHead("other", 9, tx("nine")), signer)

    @pytest.mark.parametrize("sequence", [3, 5, 9])
    def test_a_missing_head_is_refused_with_the_options(
        self, signer: KeyPairSigner, sequence: int
    ) -> None:
        with pytest.raises(NotaryRollbackException) as caught:
            self.check(NotaryHead(WORKER, sequence, tx("lost")), signer)
        text = str(caught.value)
        assert text.startswith(f"PartyA knows batch {sequence}")
        assert f"--accept-head {self.database.hash}" in text

    def test_a_waived_head_passes(self, signer: KeyPairSigner) -> None:
        lost = NotaryHead(WORKER, 9, tx("lost"))
        self.check(lost, signer, lost)


class TestProcess:
    def test_every_signature_of_a_batch_verifies_and_is_one_signature(
        self, worker: NotaryWorker, signer: KeyPairSigner
    ) -> None:
        names = ["t", "u", "v"]
        outcomes = worker.process([logged(name, name) for name in names])
        signatures = set()
        for name, outcome in zip(names, outcomes, strict=True):
            assert isinstance(outcome, Notarised)
            outcome.signature.verify(tx(name))
            outcome.head.verify(signer.public_key)
            signatures.add(outcome.signature.bytes_)
            with pytest.raises(SignatureException):
                outcome.signature.verify(tx("other"))
        assert len(signatures) == 1

    def test_a_batch_of_refusals_and_repetitions(self, worker: NotaryWorker) -> None:
        worker.process([logged("t", "a")])
        outcomes = worker.process([logged("u", "a"), logged("t", "a"), logged("t", "a")])
        assert [type(outcome) for outcome in outcomes] == [Refused, Notarised, Notarised]

    def test_nothing_is_signed_when_the_head_is_not_durable(
        self, store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        points: list[str] = []

        def crash(point: str) -> None:
            points.append(point)
            if point == "notary_before_head":
                raise SystemExit

        worker = NotaryWorker(store, signer, anchor, crash=crash)
        worker.start()
        before = anchor.path.read_bytes()
        with pytest.raises(SystemExit):
            worker.process([logged("t", "a")])
        assert points == ["notary_after_commit", "notary_before_head"]
        assert anchor.path.read_bytes() == before

    def test_after_a_crash_before_the_head_a_restart_catches_up(
        self, new_store: StoreFactory, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        self.test_nothing_is_signed_when_the_head_is_not_durable(new_store(), signer, anchor)
        worker = NotaryWorker(new_store(), signer, anchor)
        worker.start()
        read = anchor.read(signer.public_key)
        assert read is not None
        assert read.head.head.sequence == 1
        assert notarised(worker, "t", "a").head == read.head

    def test_a_worker_that_was_not_started_signs_nothing(
        self, store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        with pytest.raises(NotaryNotReadyException):
            NotaryWorker(store, signer, anchor).process([logged("t", "a")])


class TestAnchor:
    def test_a_missing_file_is_refused_with_the_options(
        self, store: NotaryStore, signer: KeyPairSigner, tmp_path: Path
    ) -> None:
        worker = NotaryWorker(store, signer, AnchorFile(tmp_path / "nowhere"))
        with pytest.raises(NotaryRollbackException, match="--accept-head"):
            worker.start()
        assert worker.status.problem is not None
        assert not worker.status.ready

    @pytest.mark.parametrize("content", [b"", b"garbage", b"csim\x01\x00\x01"])
    def test_a_damaged_file_is_refused(
        self, store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile, content: bytes
    ) -> None:
        anchor.path.write_bytes(content)
        with pytest.raises(NotaryRollbackException):
            NotaryWorker(store, signer, anchor).start()

    def test_a_file_signed_by_another_key_is_refused(
        self, store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        write_empty_head(anchor, WORKER, STRANGER)
        with pytest.raises(NotaryRollbackException):
            NotaryWorker(store, signer, anchor).start()

    def test_another_workers_file_is_refused(
        self, store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        write_empty_head(anchor, "O=Other Worker, L=Zurich, C=CH", signer)
        with pytest.raises(NotaryRollbackException):
            NotaryWorker(store, signer, anchor).start()


class TestRestoredDatabase:
    """A worker commits two batches; then the database of after the first one is put back."""

    @pytest.fixture
    def lost(
        self, new_store: StoreFactory, signer: KeyPairSigner, anchor: AnchorFile, tmp_path: Path
    ) -> SignedHead:
        store, database = new_store(), tmp_path / "notary.db"
        worker = NotaryWorker(store, signer, anchor)
        worker.start()
        worker.process([logged("t", "a")])
        store.close()
        shutil.copy(database, tmp_path / "backup.db")
        head = notarised(worker, "u", "b").head
        store.close()
        shutil.copy(tmp_path / "backup.db", database)
        return head

    @pytest.fixture
    def restored(
        self, lost: SignedHead, new_store: StoreFactory, signer: KeyPairSigner, anchor: AnchorFile
    ) -> NotaryWorker:
        assert lost.head.sequence == 2
        return NotaryWorker(
            new_store(), signer, anchor, witnesses=AwaitedWitnesses(["Validator", "PartyA"])
        )

    def test_the_workers_own_file_tells(self, restored: NotaryWorker) -> None:
        with pytest.raises(NotaryRollbackException, match=r"head file .* knows batch 2"):
            restored.start()
        with pytest.raises(NotaryNotReadyException):
            restored.process([logged("v", "b")])

    def test_a_witness_tells_when_the_file_was_restored_too(
        self, restored: NotaryWorker, lost: SignedHead, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        write_empty_head(anchor, WORKER, signer)
        restored.start()
        with pytest.raises(NotaryRollbackException, match=r"^PartyA knows batch 2"):
            restored.witness_answered("PartyA", lost)
        assert restored.status.problem is not None
        restored.witness_answered("Validator", None)
        with pytest.raises(NotaryNotReadyException):
            restored.process([logged("v", "b")])

    def test_the_override_must_name_the_databases_head(
        self, restored: NotaryWorker, lost: SignedHead
    ) -> None:
        with pytest.raises(NotaryRollbackException):
            restored.start(accept_head=lost.head.hash)

    def test_an_accepted_head_is_logged_lasts_and_never_reuses_a_number(
        self, lost: SignedHead, new_store: StoreFactory, signer: KeyPairSigner, anchor: AnchorFile
    ) -> None:
        log: list[str] = []
        store = new_store()
        worker = NotaryWorker(
            store, signer, anchor, witnesses=AwaitedWitnesses(["PartyA"]), log=log.append
        )
        worker.start(accept_head=store.head().hash)
        assert len(log) == 1
        assert "knows batch 2" in log[0]
        worker.witness_answered("PartyA", lost)
        assert notarised(worker, "v", "b").head.head.sequence == 3
        again = NotaryWorker(new_store(), signer, anchor, witnesses=AwaitedWitnesses(["PartyA"]))
        again.start()
        again.witness_answered("PartyA", lost)
        assert again.status.ready


class TestWitnesses:
    @pytest.fixture
    def waiting(
        self, store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile
    ) -> NotaryWorker:
        made = NotaryWorker(
            store, signer, anchor, witnesses=AwaitedWitnesses(["Validator", "PartyA"])
        )
        made.start()
        return made

    def test_nothing_is_signed_before_one_has_answered(self, waiting: NotaryWorker) -> None:
        assert waiting.status.waits_for == ("Validator", "PartyA")
        with pytest.raises(NotaryNotReadyException, match="Validator"):
            waiting.process([logged("t", "a")])
        waiting.witness_answered("PartyA", None)
        assert waiting.status.ready
        notarised(waiting, "t", "a")

    def test_a_forged_head_is_no_answer(self, waiting: NotaryWorker) -> None:
        forged = NotaryHead(WORKER, 7, tx("forged"))
        signed = sign_head(forged, STRANGER.public_key, STRANGER.sign)
        with pytest.raises(SignatureException):
            waiting.witness_answered("PartyA", signed)
        assert not waiting.status.ready
        assert waiting.status.problem is None

    def test_another_workers_head_is_no_answer(
        self, waiting: NotaryWorker, signer: KeyPairSigner
    ) -> None:
        other = sign_head(empty_head("other"), signer.public_key, signer.sign)
        waiting.witness_answered("PartyA", other)
        assert not waiting.status.ready
