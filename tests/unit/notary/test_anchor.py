"""The head file: replaced whole, and durable before anybody relies on it."""

import os

import pytest

from corda_sim.flow.notary.heads import NotaryAnchor, NotaryHead, sign_head
from notary.anchor import AnchorFile
from notary.batch_signing import KeyPairSigner
from tests.unit.notary.support import WORKER, tx


def anchor_at(sequence: int, signer: KeyPairSigner) -> NotaryAnchor:
    head = NotaryHead(WORKER, sequence, tx(str(sequence)))
    return NotaryAnchor(sign_head(head, signer.public_key, signer.sign))


def test_what_was_written_is_read(anchor: AnchorFile, signer: KeyPairSigner) -> None:
    waived = (anchor_at(9, signer).head,)
    written = NotaryAnchor(anchor_at(3, signer).head, waived)
    anchor.write(written)
    assert anchor.read(signer.public_key) == written
    assert [file.name for file in anchor.path.parent.glob("notary-head*")] == ["notary-head"]


def test_a_disk_that_refuses_leaves_the_former_content(
    anchor: AnchorFile, signer: KeyPairSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = anchor.read(signer.public_key)

    def full(_descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        anchor.write(anchor_at(1, signer))
    assert anchor.read(signer.public_key) == former
    monkeypatch.undo()
    anchor.write(anchor_at(2, signer))
    assert anchor.read(signer.public_key) == anchor_at(2, signer)


def test_a_waived_head_by_another_key_spoils_the_file(
    anchor: AnchorFile, signer: KeyPairSigner
) -> None:
    good = anchor_at(1, signer).head
    forged = sign_head(good.head, signer.public_key, lambda _data: bytes(64))
    anchor.write(NotaryAnchor(good, (forged,)))
    assert anchor.read(signer.public_key) is None
