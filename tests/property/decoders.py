"""Every decoder of bytes that come from others, and bytes that it takes."""

import json
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import corda_sim.cross
import corda_sim.ibc
import corda_sim.lcp
from corda_sim.core.contracts import TimeWindow
from corda_sim.core.contracts.archive import contract_names, read_archive
from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.crypto import decode_public_key, derive_key_pair_from_entropy
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.errors import DecodeError
from corda_sim.core.serialization import deserialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.transactions.traversable import decode_component
from corda_sim.flow import messages
from corda_sim.flow.journal import FlowJournal, decode_journal
from corda_sim.flow.messages import DataSessionMessage
from corda_sim.flow.wire_message import WireMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.errors import IbcError
from corda_sim.ibc.lightclients.corda.outputs import decode_output
from corda_sim.ibc.lightclients.ethereum.merkle_patricia import prove
from corda_sim.ibc.lightclients.ethereum.rlp_items import decode_item, encode_item, split_list
from corda_sim.ibc.lightclients.lcp.context import TrustingPeriod, decode_context, encode_context
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    EmittedState,
    UpdateState,
    decode_message,
    encode_message,
)
from corda_sim.ibc.lightclients.qbft.header import parse_header
from corda_sim.ibc.protobuf import Message
from corda_sim.lcp.enclave.channel import decode_answer, decode_request
from corda_sim.lcp.errors import EnclaveProtocolException
from corda_sim.node.cert_errors import CertificateException
from corda_sim.node.cert_view import CertificateView, corda_name
from corda_sim.node.messaging.frames import (
    Hello,
    Refused,
    decode_control,
    decode_header,
    decode_pack_payload,
    decode_sequence,
)
from corda_sim.node.messaging.pack import decode_pack

GOLDEN = Path(__file__).parents[1] / "golden"
MAX_MESSAGE = 1 << 20
Samples = tuple[bytes, ...]


@dataclass(frozen=True)
class Decoder:
    """`read` gives a value or raises one of `refusals`; `samples` are bytes that it takes."""

    read: Callable[[bytes], object]
    samples: Samples = ()
    refusals: tuple[type[Exception], ...] = (DecodeError,)


@cache
def decoders() -> dict[str, Decoder]:
    """By name, without those of protobuf messages, which are one decoder over many kinds."""
    return {**_of_the_node(), **_of_the_ledger(), **_of_the_bridge()}


def _of_the_node() -> dict[str, Decoder]:
    start, steps, received = _journal_rows()
    return {
        "pack": Decoder(lambda data: decode_pack(data, MAX_MESSAGE)),
        "hello": Decoder(lambda data: decode_control(data, Hello)),
        "refused": Decoder(lambda data: decode_control(data, Refused)),
        "frame header": Decoder(lambda data: decode_header(data[:5].ljust(5, b"\0"), MAX_MESSAGE)),
        "frame sequence": Decoder(decode_sequence),
        "frame of a pack": Decoder(decode_pack_payload),
        "session message": Decoder(_session_message, _session_messages()),
        "journal start": Decoder(lambda data: decode_journal("f", 0, [data], []), (start,)),
        "journal step": Decoder(lambda data: decode_journal("f", 0, [start, data], []), steps),
        "journal message": Decoder(lambda data: decode_journal("f", 0, [start], [data]), received),
        "certificate": Decoder(CertificateView.parse, (), (CertificateException,)),
        "certificate name": Decoder(corda_name, (), (CertificateException,)),
        "enclave request": Decoder(decode_request, (), (EnclaveProtocolException,)),
        "enclave answer": Decoder(decode_answer, (), (EnclaveProtocolException,)),
    }


def _of_the_ledger() -> dict[str, Decoder]:
    archives = tuple(file.read_bytes() for file in sorted((GOLDEN / "cordapps").iterdir()))
    keys = [derive_key_pair_from_entropy(DEFAULT_SIGNATURE_SCHEME, n).public for n in (1, 2)]
    composite = CompositeKeyBuilder().add_keys(*keys).build(1)
    source = b"class A:\n    contract_name = 'a.A'\n"
    return {
        "value": Decoder(lambda data: deserialize(data, object), _payloads()),
        "transaction": Decoder(lambda data: deserialize(data, SignedTransaction), _payloads()),
        "component": Decoder(lambda data: decode_component(data, TimeWindow), _payloads()),
        "archive": Decoder(read_archive, archives),
        "module": Decoder(lambda data: contract_names({"a.py": data}), (source,)),
        "public key": Decoder(decode_public_key, (keys[0].encoded, composite.encoded)),
    }


def _of_the_bridge() -> dict[str, Decoder]:
    context, height = TrustingPeriod(1, 2, 3, 4), Height(1, 2)
    rlp = (encode_item([b"a" * 32, [b"b" * 20, b""]]),)
    emitted = (EmittedState(height, b"state"),)
    update = UpdateState(height, b"i" * 32, height, b"s" * 32, 5, context, emitted)
    message = encode_message(update)
    proofs = CommitmentProofs(message, (b"s" * 65,)).encode()
    return {
        "output": Decoder(decode_output),
        "RLP": Decoder(decode_item, rlp),
        "RLP list": Decoder(split_list, rlp),
        "QBFT header": Decoder(parse_header, rlp, (IbcError,)),
        "storage proof": Decoder(lambda data: prove(bytes(32), b"key", data), rlp, (IbcError,)),
        "proxy message": Decoder(decode_message, (message,)),
        "proxy proofs": Decoder(CommitmentProofs.decode, (proofs,)),
        "context": Decoder(decode_context, (encode_context(context),)),
    }


@cache
def message_kinds() -> tuple[type[Message], ...]:
    """All protobuf messages."""
    for package in (corda_sim.ibc, corda_sim.cross, corda_sim.lcp):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "._pb" not in module.name and not module.name.endswith("__main__"):
                import_module(module.name)
    return tuple(_below(Message))


def _below(base: type[Message]) -> Iterator[type[Message]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)


def _session_message(data: bytes) -> object:
    return messages.decode(WireMessage("N-1", is_init=data[2:3] == b"I", body=data))


def _session_messages() -> Samples:
    data = [messages.ExistingSessionMessage(1, 2, DataSessionMessage(p)) for p in _payloads()]
    return tuple(messages.encode("N-1", one).body for one in data)


@cache
def _golden() -> tuple[dict[str, list[str]], ...]:
    files = sorted((GOLDEN / "journals" / "validating").glob("*.json"))
    return tuple(json.loads(file.read_text()) for file in files)


def _journal_rows() -> tuple[bytes, Samples, Samples]:
    rows = [bytes.fromhex(row) for kept in _golden() for row in kept["steps"][1:3]]
    received = [bytes.fromhex(row) for kept in _golden() for row in kept["messages"][:2]]
    return bytes.fromhex(_golden()[0]["steps"][0]), tuple(rows), tuple(received)


@cache
def _payloads() -> Samples:
    """What flows have sent to each other."""
    sent = [one.payload for journal in map(_journal, _golden()) for one in journal.messages]
    found = [payload.payload for payload in sent if isinstance(payload, DataSessionMessage)]
    return tuple(data for data in found if len(data) < 16_384)


def _journal(kept: dict[str, list[str]]) -> FlowJournal:
    steps, received = ([bytes.fromhex(row) for row in kept[part]] for part in ("steps", "messages"))
    return decode_journal("f", 0, steps, received)
