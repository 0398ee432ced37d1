from pathlib import Path

import pytest

from corda_sim.core.contracts.archive import write_archive
from corda_sim.core.contracts.attachments import (
    DEPLOYED_CORDAPP_UPLOADER,
    P2P_UPLOADER,
    ContractAttachment,
    sign_attachment,
    signatures_to_json,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.flow.context import StagedStep
from corda_sim.node.attachments import (
    AttachmentStorage,
    MissingContractAttachments,
    load_trusted,
)
from corda_sim.node.storage.database import SqlStorage
from tests.unit.node.vault.conftest import pair


def archive(version: int = 1) -> bytes:
    source = f'class Deal:\n    contract_name = "tests.Deal"\n    version = {version}\n'
    return write_archive({"deal.py": source.encode()})


def installed(version: int = 1) -> ContractAttachment:
    content = archive(version)
    signature = sign_attachment(content, pair("cordapp"))
    return ContractAttachment.of(content, [signature], DEPLOYED_CORDAPP_UPLOADER)


def opened(storage: SqlStorage, *trusted: ContractAttachment) -> AttachmentStorage:
    return AttachmentStorage(storage, trusted, lambda: 10**18)


def commit(storage: SqlStorage, step: StagedStep) -> None:
    assert storage.commit([step.batch], epoch=None) == [None]
    for action in step.on_commit:
        action()


def test_what_a_peer_sent_is_kept_and_untrusted(storage: SqlStorage) -> None:
    attachments, step = opened(storage), StagedStep("f")
    attachment_id = attachments.stage(step, archive(), P2P_UPLOADER)
    assert attachments.get(attachment_id) is not None
    commit(storage, step)
    found = opened(storage).get(attachment_id)
    assert found is not None
    assert (found.uploader, found.contracts, found.is_trusted) == ("p2p", ("tests.Deal",), False)
    with pytest.raises(MissingContractAttachments, match=r"tests\.Deal"):
        opened(storage).contract_attachment_id("tests.Deal")


def test_nobody_becomes_trusted_by_saying_so(storage: SqlStorage) -> None:
    attachments, step = opened(storage), StagedStep("f")
    attachment_id = attachments.stage(step, archive(), DEPLOYED_CORDAPP_UPLOADER)
    commit(storage, step)
    found = opened(storage).get(attachment_id)
    assert found is not None
    assert not found.is_trusted


def test_a_rollback_leaves_nothing(storage: SqlStorage) -> None:
    attachments, step, other = opened(storage), StagedStep("f"), StagedStep("g")
    attachment_id = attachments.stage(step, archive(), P2P_UPLOADER)
    assert attachments.stage(other, archive(), P2P_UPLOADER) == attachment_id
    step.on_rollback[0]()
    assert attachments.get(attachment_id) is not None
    other.on_rollback[0]()
    assert attachments.get(attachment_id) is None


def test_installing_makes_trusted_for_good(storage: SqlStorage) -> None:
    sent = StagedStep("f")
    opened(storage).stage(sent, archive(), P2P_UPLOADER)
    commit(storage, sent)
    for _ in range(2):
        step = StagedStep(None)
        opened(storage, installed()).install(step)
        commit(storage, step)
    assert not step.batch
    found = opened(storage).get(installed().id)
    assert found is not None
    assert found.is_trusted
    assert found.signers == (pair("cordapp").public,)


def test_the_newest_is_used(storage: SqlStorage) -> None:
    attachments = opened(storage, installed(1), installed(2))
    assert attachments.contract_attachment_id("tests.Deal") == installed(2).id


def test_rubbish_is_refused(storage: SqlStorage) -> None:
    with pytest.raises(DecodeError):
        opened(storage).stage(StagedStep("f"), b"rubbish", P2P_UPLOADER)


def test_cordapps_are_read_from_their_folder(tmp_path: Path) -> None:
    assert load_trusted(tmp_path / "none") == []
    one = installed()
    (tmp_path / "deal.zip").write_bytes(one.content)
    signatures = tmp_path / "deal.zip.sig"
    signatures.write_text(signatures_to_json(one.id, one.signatures))
    assert load_trusted(tmp_path) == [one]
    more = tmp_path / "more"
    more.mkdir()
    (more / "second.zip").write_bytes(installed(2).content)
    both = load_trusted(tmp_path, tmp_path / "none", more)
    assert [found.id for found in both] == [one.id, installed(2).id]
    signatures.write_text(signatures_to_json(SecureHash.sha256(b"other"), one.signatures))
    with pytest.raises(SignatureException):
        load_trusted(tmp_path)
