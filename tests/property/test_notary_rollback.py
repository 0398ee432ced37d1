"""Whatever was restored and signed since: a worker starts only over a database with every head."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.flow.notary.errors import NotaryRollbackException
from corda_sim.flow.notary.heads import SignedHead
from notary import schema
from notary.anchor import AnchorFile
from notary.awaited import AwaitedWitnesses
from notary.batch_signing import KeyPairSigner
from notary.decide import CommitRequest
from notary.store import LoggedRequest, NotaryStore
from notary.worker import Notarised, NotaryWorker, write_empty_head

WORKER, WITNESS = "O=Worker, L=Zurich, C=CH", "O=PartyA, L=London, C=GB"
SIGNER = KeyPairSigner(derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, 7))


class Site:
    """One worker's database and head file."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "notary.db"
        self.anchor = AnchorFile(folder / "notary-head")
        self.count = 0

    def create(self) -> None:
        engine = create_engine(f"sqlite:///{self.database}")
        schema.metadata.create_all(engine)
        engine.dispose()
        write_empty_head(self.anchor, WORKER, SIGNER)

    def worker(self, *witnesses: str) -> NotaryWorker:
        store = NotaryStore(
            f"sqlite:///{self.database}",
            worker=WORKER,
            instance_id=str(self.count),
            clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        )
        return NotaryWorker(store, SIGNER, self.anchor, witnesses=AwaitedWitnesses(witnesses))

    def notarise(self, batches: int) -> list[SignedHead]:
        """Commit so many batches in a process of its own; the heads that the clients get."""
        worker = self.worker()
        worker.start()
        heads = [self._commit(worker) for _ in range(batches)]
        worker.store.close()
        return heads

    def _commit(self, worker: NotaryWorker) -> SignedHead:
        self.count += 1
        tx_id = SecureHash.sha256(str(self.count).encode())
        request = CommitRequest(tx_id, (StateRef(tx_id, 0),))
        (outcome,) = worker.process([LoggedRequest(request, WITNESS)])
        assert isinstance(outcome, Notarised)
        return outcome.head

    def refuses(self, seen: SignedHead | None) -> bool:
        """Whether a new process refuses to sign, given what the witness saw last."""
        worker = self.worker(WITNESS)
        try:
            worker.start()
            worker.witness_answered(WITNESS, seen)
        except NotaryRollbackException:
            assert not worker.status.ready
            return True
        finally:
            worker.store.close()
        assert worker.status.ready
        return False


@settings(max_examples=25, deadline=None)
@given(
    before=st.integers(0, 3),
    lost=st.integers(0, 3),
    since=st.integers(0, 3),
    seen=st.integers(0, 6),
    with_file=st.booleans(),
)
def test_only_a_database_with_every_known_head_is_signed_over(
    before: int, lost: int, since: int, seen: int, with_file: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site, copy = Site(Path(folder)), Path(folder) / "copy"
        site.create()
        heads = site.notarise(before)
        copy.mkdir()
        shutil.copy(site.database, copy)
        shutil.copy(site.anchor.path, copy)
        heads += site.notarise(lost)
        shutil.copy(copy / site.database.name, site.database)
        if with_file:
            shutil.copy(copy / site.anchor.path.name, site.anchor.path)
            site.notarise(since)
        known = min(seen, len(heads))

        refused = site.refuses(heads[known - 1] if known else None)

        file_knows_more = not with_file and lost > 0
        assert refused == (file_knows_more or known > before)
