"""Attachments: those the operator installed, and those that peers sent (NodeAttachmentService)."""

from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from sqlalchemy import select

from corda_sim.core.contracts.attachments import (
    DEPLOYED_CORDAPP_UPLOADER,
    TRUSTED_UPLOADERS,
    UNKNOWN_UPLOADER,
    ContractAttachment,
    signatures_from_json,
)
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError
from corda_sim.core.instants import instant
from corda_sim.flow.context import StagedStep
from corda_sim.node.storage import schema
from corda_sim.node.storage.database import SqlStorage

SIGNATURE_SUFFIX: Final = ".sig"
_CACHED: Final = 64


class MissingContractAttachments(CordaError):
    """No installed CorDapp has the contract (net.corda.core.node.services.AttachmentStorage)."""

    def __init__(self, contract_name: str) -> None:
        super().__init__(
            f"Cannot find contract attachments for {contract_name}: no CorDapp in the node's "
            "folder cordapps has it"
        )
        self.contract_name = contract_name


def load_trusted(*directories: Path) -> list[ContractAttachment]:
    """The archives that the operator put in `directories`, oldest file first, with signatures.

    `NAME.sig` beside the archive `NAME` holds its signatures; hidden files are passed over, and a
    folder that isn't there holds nothing.

    Raises: DecodeError for a file that is no contract archive, SignatureException for signatures
    that aren't its.
    """
    present = [directory for directory in directories if directory.is_dir()]
    files = [
        path
        for directory in present
        for path in directory.iterdir()
        if path.is_file() and path.name[0] != "."
    ]
    archives = [path for path in files if path.suffix != SIGNATURE_SUFFIX]
    return [_load(path) for path in sorted(archives, key=lambda p: (p.stat().st_mtime_ns, p.name))]


def _load(path: Path) -> ContractAttachment:
    content = path.read_bytes()
    beside = path.with_name(path.name + SIGNATURE_SUFFIX)
    signatures = (
        signatures_from_json(beside.read_text("utf-8"), SecureHash.sha256(content))
        if beside.is_file()
        else ()
    )
    return ContractAttachment.of(content, signatures, DEPLOYED_CORDAPP_UPLOADER)


class AttachmentStorage:
    """Attachments by id; the code of trusted ones alone is ever run.

    Args:
        storage: where `node_attachments` is.
        trusted: the installed ones, newest last.
        clock: nanoseconds since the epoch.
    """

    def __init__(
        self, storage: SqlStorage, trusted: Iterable[ContractAttachment], clock: Callable[[], int]
    ) -> None:
        self._storage, self._clock = storage, clock
        self._trusted = {attachment.id: attachment for attachment in trusted}
        self._by_contract = {
            name: attachment.id
            for attachment in self._trusted.values()
            for name in attachment.contracts
        }
        self._cache: OrderedDict[SecureHash, ContractAttachment] = OrderedDict()
        self._staged: dict[SecureHash, list[ContractAttachment]] = {}

    def get(self, attachment_id: SecureHash) -> ContractAttachment | None:
        """An attachment, installed, staged or committed.

        Raises: DecodeError for a damaged row.
        """
        staged = self._staged.get(attachment_id)
        return staged[-1] if staged else self._committed(attachment_id)

    def contract_attachment_id(self, contract_name: str) -> SecureHash:
        """The newest installed attachment with the contract.

        Raises: MissingContractAttachments.
        """
        found = self._by_contract.get(contract_name)
        if found is None:
            raise MissingContractAttachments(contract_name)
        return found

    def stage(self, staged: StagedStep, content: bytes, uploader: str) -> SecureHash:
        """Store with the step what somebody sent; it is untrusted unless it is installed.

        Raises: DecodeError when it is no contract archive.
        """
        attachment_id = SecureHash.sha256(content)
        if self._committed(attachment_id) is not None:
            return attachment_id
        named = UNKNOWN_UPLOADER if uploader in TRUSTED_UPLOADERS else uploader
        attachment = ContractAttachment.of(content, (), named)
        self._write(staged, attachment)
        self._staged.setdefault(attachment_id, []).append(attachment)
        staged.on_commit.append(lambda: self._commit(attachment))
        staged.on_rollback.append(lambda: self._forget(attachment))
        return attachment_id

    def install(self, staged: StagedStep) -> None:
        """At start: write rows for the installed attachments that the database lacks."""
        table = schema.node_attachments.c
        found = self._storage.read(
            select(table.att_id).where(table.uploader == DEPLOYED_CORDAPP_UPLOADER)
        )
        stored = {row.att_id for row in found}
        for attachment in self._trusted.values():
            if str(attachment.id) not in stored:
                self._write(staged, attachment)

    def _write(self, staged: StagedStep, attachment: ContractAttachment) -> None:
        batch, att_id = staged.batch, str(attachment.id)
        row = {
            "att_id": att_id,
            "content": attachment.content,
            "insertion_date": instant(self._clock()),
            "uploader": attachment.uploader,
            "version": 1,
        }
        batch.upsert("node_attachments", ("att_id",), row)
        for name in attachment.contracts:
            contract = {"att_id": att_id, "contract_class_name": name}
            batch.insert_ignore("node_attachments_contracts", contract)
        for key in attachment.signers:
            signer = {"att_id": att_id, "signer": b64encode(key.encoded).decode()}
            batch.insert_ignore("node_attachments_signers", signer)

    def _read(self, attachment_id: SecureHash) -> ContractAttachment | None:
        table, att_id = schema.node_attachments.c, str(attachment_id)
        found = self._storage.read(
            select(table.content, table.uploader).where(table.att_id == att_id)
        )
        if not found:
            return None
        contracts = schema.node_attachments_contracts.c
        names = self._storage.read(
            select(contracts.contract_class_name)
            .where(contracts.att_id == att_id)
            .order_by(contracts.contract_class_name)
        )
        signers = schema.node_attachments_signers.c
        keys = self._storage.read(select(signers.signer).where(signers.att_id == att_id))
        decoded = [decode_public_key(b64decode(row.signer)) for row in keys]
        return self._remember(
            ContractAttachment(
                attachment_id,
                found[0].content,
                tuple(row.contract_class_name for row in names),
                tuple(sorted(decoded, key=lambda key: key.encoded)),
                found[0].uploader,
            )
        )

    def _committed(self, attachment_id: SecureHash) -> ContractAttachment | None:
        known = self._trusted.get(attachment_id) or self._cache.get(attachment_id)
        return known or self._read(attachment_id)

    def _commit(self, attachment: ContractAttachment) -> None:
        self._forget(attachment)
        self._remember(attachment)

    def _forget(self, attachment: ContractAttachment) -> None:
        self._staged[attachment.id].pop()
        if not self._staged[attachment.id]:
            del self._staged[attachment.id]

    def _remember(self, attachment: ContractAttachment) -> ContractAttachment:
        self._cache[attachment.id] = attachment
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return attachment
