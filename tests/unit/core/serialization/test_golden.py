"""The bytes of every platform type: what a released format has written, later releases read.

Figures may be added, never changed. `python -m tests.unit.core.serialization.test_golden` prints
them all.
"""

import json
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from corda_sim.core.contracts import (
    Amount,
    Currency,
    Issued,
    SignatureAttachmentConstraint,
    StateAndRef,
    StateRef,
    TimeWindow,
    TransactionState,
    UniqueIdentifier,
)
from corda_sim.core.contracts.attachments import AttachmentSignature
from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.merkle import MerkleTree, PartialMerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import SignatureMetadata, TransactionSignature, batch_sign
from corda_sim.core.identity import AnonymousParty, CordaX500Name, Party, PartyAndReference
from corda_sim.core.network import (
    NetworkParameters,
    NodeInfo,
    NotaryInfo,
    SignedNetworkParameters,
    SignedNodeInfo,
)
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import (
    ComponentGroup,
    FilteredTransaction,
    SignedTransaction,
    WireTransaction,
)
from corda_sim.core.transactions.filtering import filter_group
from corda_sim.flow.notary.errors import (
    Conflict,
    ConsumedState,
    General,
    NotaryExceptionData,
    StateConsumptionDetails,
)
from corda_sim.flow.notary.heads import NotaryHead, SignedHead
from corda_sim.flow.notary.types import NotarisationResponse
from states.cash import CASH_CONTRACT, CashState

FIGURES = Path(__file__).with_name("golden.json")
PAIR, OTHER = (
    derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, n) for n in (1, 2)
)
K1 = derive_key_pair_from_entropy(SignatureScheme.ECDSA_SECP256K1_SHA256, 3)
NAME = CordaX500Name("Bank A", "London", "GB")
LONG = CordaX500Name("Bank A", "London", "GB", "Common", "Unit", "Kent")
BANK = Party(NAME, PAIR.public)
HASH = SecureHash.sha256(b"golden")
INSTANT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
REF = StateRef(HASH, 7)
EUR = Currency.of("EUR")
COIN = CashState(
    amount=Amount(100, Issued(PartyAndReference(BANK, b"\x01"), EUR)),
    owner=AnonymousParty(OTHER.public),
)
CONSTRAINT = SignatureAttachmentConstraint(PAIR.public)
STATE = TransactionState(COIN, CASH_CONTRACT, BANK, None, CONSTRAINT)
SIGNATURE = TransactionSignature(b"\x05" * 64, PAIR.public, SignatureMetadata(12, 4))
BOTH = CompositeKeyBuilder().add_key(PAIR.public, 2).add_key(OTHER.public).build(2)
PARAMETERS = NetworkParameters(4, (NotaryInfo(BANK, validating=True),), 1, 2, INSTANT, 3)
HEAD = SignedHead(NotaryHead(str(NAME), 9, HASH), PAIR.public, b"\x08" * 64)
REFUSED = Conflict(HASH, (ConsumedState(REF, StateConsumptionDetails(HASH.re_hash())),))
INFO = NodeInfo(("h:1",), (BANK,), (b"leaf", b"root"), 12, 5, endpoint="tls://h:1")


def transaction() -> WireTransaction:
    groups = (
        ComponentGroup(1, (serialize(STATE), b"opaque")),
        ComponentGroup(2, (b"command",)),
        ComponentGroup(4, (serialize(BANK),)),
        ComponentGroup(6, (serialize((PAIR.public,)),)),
        ComponentGroup(99, (b"later",)),
    )
    return WireTransaction(groups, b"\x07" * 32)


def tear_off() -> FilteredTransaction:
    tx = transaction()
    outputs = tx.component_groups[0].components
    shown = filter_group(1, outputs, tx.nonces[1], tx.group_trees[1], [0])
    return FilteredTransaction(tx.id, (shown,), tx.group_hashes)


def values() -> Iterator[tuple[str, object]]:
    tree = MerkleTree.build([SecureHash.sha256(bytes([n])) for n in range(5)])
    yield from {
        "nothing": None,
        "array": (1, "two", b"three", False, -4, 2**64 - 1),
        "instant": INSTANT,
        "duration": timedelta(days=-1, microseconds=3),
        "uuid": uuid.UUID(int=1),
        "decimal": Decimal("1.10"),
        "hash": HASH,
        "ed25519 key": PAIR.public,
        "secp256k1 key": K1.public,
        "composite key": BOTH,
        "name": NAME,
        "name with all": LONG,
        "party": BANK,
        "anonymous party": AnonymousParty(PAIR.public),
        "party and reference": PartyAndReference(BANK, b"\x01"),
        "party and another reference": PartyAndReference(BANK, b"\x02"),
        "partial tree": PartialMerkleTree.build(tree, [SecureHash.sha256(b"\x02")]),
        "signature": SIGNATURE,
        "signature of a batch": batch_sign(PAIR, [HASH, SecureHash.sha256(b"x")])[HASH],
        "state ref": REF,
        "window": TimeWindow.between(INSTANT, INSTANT + timedelta(seconds=1)),
        "open window": TimeWindow.until_only(INSTANT),
        "currency": EUR,
        "amount": COIN.amount,
        "identifier": UniqueIdentifier("external", uuid.UUID(int=2)),
        "constraint": CONSTRAINT,
        "state": STATE,
        "state and ref": StateAndRef(STATE, REF),
        "attachment signature": AttachmentSignature(PAIR.public, b"\x06" * 64),
        "wire transaction": transaction(),
        "signed transaction": SignedTransaction.of(transaction(), [SIGNATURE]),
        "filtered transaction": tear_off(),
        "parameters": PARAMETERS,
        "signed parameters": SignedNetworkParameters.sign(PARAMETERS, PAIR, (b"leaf",)),
        "node info": INFO,
        "notary head": HEAD,
        "notary's response": NotarisationResponse((SIGNATURE,), HEAD),
        "notary's refusal": NotaryExceptionData(REFUSED, HASH, HEAD),
        "notary's refusal without a head": NotaryExceptionData(General("later")),
        "signed node info": SignedNodeInfo.sign(INFO, PAIR),
    }.items()


CASES = dict(values())


def figures() -> dict[str, str]:
    found: dict[str, str] = json.loads(FIGURES.read_text())
    return found


def test_each_case_has_its_figure() -> None:
    assert list(figures()) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_bytes_never_change(name: str) -> None:
    assert serialize(CASES[name]).hex() == figures()[name]


@pytest.mark.parametrize("name", CASES)
def test_what_was_written_is_read(name: str) -> None:
    data = bytes.fromhex(figures()[name])
    back = deserialize(data, object)
    assert type(back) is type(CASES[name])
    if not isinstance(back, FilteredTransaction):  # compares by identity
        assert back == CASES[name]
    assert serialize(back) == data


if __name__ == "__main__":
    json.dump({name: serialize(value).hex() for name, value in CASES.items()}, sys.stdout, indent=1)
