from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.schemes import SignatureScheme
from notary import schema
from notary.anchor import AnchorFile
from notary.batch_signing import KeyPairSigner
from notary.store import NotaryStore
from notary.worker import NotaryWorker, write_empty_head
from tests.unit.notary.support import NOW, WORKER

StoreFactory = Callable[..., NotaryStore]


@pytest.fixture
def url(tmp_path: Path) -> str:
    location = f"sqlite:///{tmp_path / 'notary.db'}"
    engine = create_engine(location)
    schema.metadata.create_all(engine)
    engine.dispose()
    return location


@pytest.fixture
def new_store(url: str) -> Iterator[StoreFactory]:
    stores: list[NotaryStore] = []

    def make(worker: str = WORKER, **options: object) -> NotaryStore:
        options.setdefault("clock", lambda: NOW)
        store = NotaryStore(url, worker=worker, instance_id=f"i{len(stores)}", **options)  # type: ignore[arg-type]
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(new_store: StoreFactory) -> NotaryStore:
    return new_store()


@pytest.fixture(scope="session")
def signer() -> KeyPairSigner:
    pair = derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, 7)
    return KeyPairSigner(pair)


@pytest.fixture
def anchor(tmp_path: Path, signer: KeyPairSigner) -> AnchorFile:
    file = AnchorFile(tmp_path / "notary-head")
    write_empty_head(file, WORKER, signer)
    return file


@pytest.fixture
def worker(store: NotaryStore, signer: KeyPairSigner, anchor: AnchorFile) -> NotaryWorker:
    made = NotaryWorker(store, signer, anchor)
    made.start()
    return made
