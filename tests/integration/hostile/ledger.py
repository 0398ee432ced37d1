"""Transactions from docs/wire.md alone: honest ones, from which tests make others."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.msgpack import Ext

from tests.integration.hostile.peer import Member, blob, obj

WIRE = Path(__file__).parents[3] / "docs/wire.md"
INPUTS, OUTPUTS, COMMANDS, ATTACHMENTS, NOTARY, _, SIGNERS, _, PARAMETERS = range(9)
Groups = Mapping[int, Sequence[bytes]]


def d(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()


def merkle(leaves: Sequence[bytes]) -> bytes:
    level = list(leaves)
    while len(level) & (len(level) - 1):
        level.append(bytes(32))
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(left + right).digest() for left, right in pairs]
    return level[0]


def tx_id(groups: Groups, salt: bytes) -> bytes:
    roots = []
    for group in range(max(groups) + 1):
        leaves = []
        for place, component in enumerate(groups.get(group, ())):
            where = group.to_bytes(4, "big") + place.to_bytes(4, "big")
            leaves.append(d(d(d(salt + where) + component) + component))
        roots.append(merkle(leaves) if leaves else b"\xff" * 32)
    return merkle(roots)


def signable(of: bytes) -> bytes:
    """The 999 bytes that a signature is over, platform version 12, ed25519."""
    section = WIRE.read_text().partition("### Signatures of transactions")[2]
    template = b64decode(
        "".join(re.findall(r"^    (\S+)$", section.partition("###")[0], re.MULTILINE))
    )
    return template[:153] + of + template[185:]


def key(spki: bytes) -> Ext:
    return obj("corda.PublicKey", spki)


def digest(of: bytes) -> Ext:
    return obj("corda.SecureHash", of)


def party(member: Member, spki: bytes | None = None) -> Ext:
    parts = dict(part.split("=") for part in member.name.split(", "))
    name = obj("corda.X500Name", parts["O"], parts["L"], parts["C"])
    return obj("corda.Party", name, key(spki or member.spki))


def state_ref(of: bytes, index: int = 0) -> bytes:
    return blob(obj("corda.StateRef", digest(of), index))


def signature(by: bytes, signed: bytes, scheme: int = 4) -> Ext:
    metadata = obj("corda.SignatureMetadata", 12, scheme)
    return obj("corda.TransactionSignature", signed, key(by), metadata)


@dataclass(frozen=True)
class Transaction:
    """Its component groups; `signers` sign it when it is sent."""

    groups: Groups
    signers: Sequence[Member]
    salt: bytes = b"s" * 32

    def having(self, changed: Groups) -> "Transaction":
        """Another one, with some groups changed or, where they are empty, left out."""
        groups = {**self.groups, **changed}
        return replace(self, groups={n: groups[n] for n in sorted(groups) if groups[n]})

    @property
    def id(self) -> bytes:
        return tx_id(self.groups, self.salt)

    @property
    def wire(self) -> bytes:
        groups = [obj("corda.ComponentGroup", n, list(parts)) for n, parts in self.groups.items()]
        return blob(obj("corda.WireTransaction", groups, self.salt))

    def signed(self, *more: Ext) -> Ext:
        data = signable(self.id)
        made = [signature(member.spki, member.key.sign(data)) for member in self.signers]
        return obj("corda.SignedTransaction", self.wire, [*made, *more])


@dataclass(frozen=True)
class Coins:
    """Cash that `issuer` makes for `owner`, by the rules."""

    issuer: Member
    owner: Member
    notary: Member

    def amount(self, quantity: int) -> Ext:
        currency = obj("corda.Currency", "JPY", 0)
        issuer = obj("corda.PartyAndReference", party(self.issuer))
        return obj("corda.Amount", quantity, obj("corda.Issued", issuer, currency))

    def output(self, quantity: int) -> bytes:
        state = obj("corda_sim.cash.CashState", party(self.owner), self.amount(quantity))
        constraint = obj("corda.SignatureAttachmentConstraint", key(self._archive_signer))
        return blob(self._state(state, constraint))

    def _state(self, state: Ext, constraint: Ext) -> Ext:
        notary, contract = party(self.notary, self._notary_key), "corda_sim.cash.Cash"
        return obj("corda.TransactionState", state, contract, notary, None, constraint)

    @property
    def _notary_key(self) -> bytes:
        return self.notary.service_spki

    @property
    def _archive(self) -> dict[str, Any]:
        file = self.issuer.directory / "cordapps/states.cash.cordapp.sig"
        return dict(json.loads(file.read_text()))

    @property
    def _archive_signer(self) -> bytes:
        return bytes.fromhex(self._archive["signatures"][0]["by"])

    def issue(self, quantity: int = 100) -> Transaction:
        """A transaction that any node takes: it needs no notary's signature."""
        groups = {
            OUTPUTS: [self.output(quantity)],
            COMMANDS: [blob(obj("corda_sim.cash.Issue"))],
            ATTACHMENTS: [blob(digest(bytes.fromhex(self._archive["attachment"])))],
            NOTARY: [blob(party(self.notary, self._notary_key))],
            SIGNERS: [blob([key(self.issuer.spki)])],
            PARAMETERS: [blob(digest(self.issuer.network_id))],
        }
        return Transaction(groups, [self.issuer])


def foreign_parameters(own: Member) -> tuple[bytes, Ext]:
    """The hash of parameters that nobody of this network signed, and they themselves."""
    notary = obj("corda.NotaryInfo", party(own), False)
    instant = obj("corda.Instant", 0)
    inner = blob(obj("corda.NetworkParameters", 1, [notary], 1 << 20, 1 << 20, instant, 1))
    forger = Ed25519PrivateKey.generate()
    spki = own.spki[:-32] + forger.public_key().public_bytes_raw()
    signed = obj("corda.SignedNetworkParameters", inner, key(spki), forger.sign(inner))
    return sha256(inner).digest(), signed
