import hashlib
import io
import sys
import zipfile
from pathlib import Path

import pytest

from corda_sim.core.contracts.archive import contract_names, write_archive
from corda_sim.core.contracts.attachments import (
    AttachmentSignature,
    ContractAttachment,
    sign_attachment,
    signatures_from_json,
    signatures_to_json,
)
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import (
    DecodeError,
    SignatureException,
    UntrustedAttachmentsException,
)
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.node.packaging import build_cordapp_archive
from tests.unit.toyapp import CONTRACT, toyapp

__all__ = ["toyapp"]

PAIR, OTHER = (
    derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, n) for n in (1, 2)
)


def attach(content: bytes, uploader: str = "app") -> ContractAttachment:
    return ContractAttachment.of(content, [sign_attachment(content, PAIR)], uploader)


def test_the_bytes_of_an_archive_are_fixed() -> None:
    content = write_archive({"b.py": b"x = 1\n", "a/c.py": b""})
    assert hashlib.sha256(content).hexdigest() == (
        "ce7ae822933810c4774f663101c4909999ab11f604a460239e8a048bfe035797"
    )


def test_the_code_that_runs_is_the_archives(toyapp: Path) -> None:
    first = attach(build_cordapp_archive("toyapp.contracts"))
    (toyapp / "contracts" / "toy.py").write_text(CONTRACT.replace("VERSION", "2"))
    second = attach(build_cordapp_archive("toyapp.contracts"))
    loader = ContractLoader()
    one, two = (loader.contract(attachment, "toy.Toy") for attachment in (first, second))
    assert one is not None
    assert two is not None
    assert (one.version, two.version) == (1, 2)  # type: ignore[attr-defined]
    assert one().verify(None) == 42  # type: ignore[arg-type]
    assert "toyapp.contracts.toy" not in sys.modules
    assert ContractLoader().contract(first, "toy.Toy") is one
    assert loader.contract(first, "toy.Other") is None


def test_each_archive_decodes_with_its_own_classes(toyapp: Path) -> None:
    first = attach(build_cordapp_archive("toyapp.contracts"))
    (toyapp / "contracts" / "toy.py").write_text(CONTRACT.replace("VERSION", "3"))
    second = attach(build_cordapp_archive("toyapp.contracts"))
    loader = ContractLoader()
    module = sys.modules[loader.load(first).contracts["toy.Toy"].__module__]
    data = serialize(module.Value(5))
    mine = deserialize(data, object, loader.registry_for([first, second]))
    theirs = deserialize(data, object, loader.registry_for([second, first]))
    assert isinstance(mine, module.Value)
    assert not isinstance(theirs, module.Value)
    with pytest.raises(DecodeError):
        deserialize(data, object)


@pytest.mark.usefixtures("toyapp")
def test_only_trusted_archives_are_imported() -> None:
    content = build_cordapp_archive("toyapp.contracts")
    loader = ContractLoader()
    loader.registry_for([attach(content)])
    for uploader in ("p2p", "unknown", ""):
        with pytest.raises(UntrustedAttachmentsException):
            loader.load(attach(content, uploader))
        with pytest.raises(UntrustedAttachmentsException):
            loader.registry_for([attach(content, uploader)])


def test_an_archive_that_fails_to_import_leaves_nothing(toyapp: Path) -> None:
    (toyapp / "contracts" / "toy.py").write_text("raise RuntimeError('boom')\n")
    broken = attach(build_cordapp_archive("toyapp.contracts"))
    finders = list(sys.meta_path)
    with pytest.raises(RuntimeError, match="boom"):
        ContractLoader().load(broken)
    assert sys.meta_path == finders
    assert not any(broken.id.hex() in name for name in sys.modules)


def test_an_attachment_knows_contracts_and_signers() -> None:
    content = write_archive({"a.py": b"class A:\n    contract_name: str = 'x.A'\n"})
    attachment = attach(content)
    assert attachment.id == SecureHash.sha256(content)
    assert attachment.contracts == ("x.A",)
    assert attachment.signers == (PAIR.public,)
    assert attachment.size == len(content)


def test_signature_files() -> None:
    content = write_archive({"a.py": b""})
    signature = sign_attachment(content, PAIR)
    text = signatures_to_json(SecureHash.sha256(content), [signature])
    assert signatures_from_json(text, SecureHash.sha256(content)) == (signature,)
    with pytest.raises(SignatureException):
        signatures_from_json(text, SecureHash.sha256(b""))
    forged = signatures_to_json(
        SecureHash.sha256(content), [AttachmentSignature(OTHER.public, signature.signature)]
    )
    with pytest.raises(SignatureException):
        signatures_from_json(forged, SecureHash.sha256(content))
    for bad in ("", "[]", "{}", '{"attachment": 5}', '{"attachment": "00", "signatures": []}'):
        with pytest.raises(DecodeError):
            signatures_from_json(bad, SecureHash.sha256(content))


def zipped(name: str, compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), b"x" * 100)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        zipped("a.txt"),
        zipped("../a.py"),
        zipped("/a.py"),
        zipped("a.py"),
        zipped("a.py", zipfile.ZIP_DEFLATED),
        write_archive({"a.py": b""}) + b"\x00",
        b"\x00" + write_archive({"a.py": b""}),
    ],
)
def test_other_archives_are_refused(content: bytes) -> None:
    with pytest.raises(DecodeError):
        ContractAttachment.of(content)


def test_names_come_from_literals_alone() -> None:
    source = b"class A:\n    contract_name = 'a' + 'b'\nclass B:\n    contract_name = 'b'\n"
    assert contract_names({"a.py": source}) == ("b",)
    with pytest.raises(DecodeError):
        contract_names({"a.py": b"class :"})
    with pytest.raises(DecodeError):
        contract_names({"a.py": b"\x00"})
