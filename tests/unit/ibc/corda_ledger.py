"""Bridge transactions of a Corda network: real component groups, trees and signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.merkle import MerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.crypto.signatures import TransactionSignature, sign_transaction_id
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.serialization import serialize
from corda_sim.core.transactions import ids
from corda_sim.core.transactions.component_groups import ComponentGroupEnum
from corda_sim.core.transactions.filtered import FilteredTransaction
from corda_sim.core.transactions.filtering import filter_group
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof
from corda_sim.ibc.lightclients.corda.client import CordaClient, consensus_state_at
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT, encode_output
from corda_sim.ibc.lightclients.corda.tear_off import make_tear_off
from corda_sim.ibc.lightclients.corda.types import (
    BaseId,
    BridgeOutput,
    BridgeState,
    ClientState,
    Entry,
    Header,
    TearOff,
)
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.store import MemoryStore

START = datetime(2026, 1, 1, tzinfo=UTC)
START_MILLIS = 1_767_225_600_000
NOW = Moment.at(Height(0, 1), 0)
BASE_ID = BaseId(b"\x0b" * 32, 0)
OUTPUTS, NOTARY, WINDOW = (
    ComponentGroupEnum.OUTPUTS,
    ComponentGroupEnum.NOTARY,
    ComponentGroupEnum.TIMEWINDOW,
)
PROVEN = {OUTPUTS: (0,), NOTARY: (0,), WINDOW: (0,)}


def keys(number: int, scheme: SignatureScheme = SignatureScheme.EDDSA_ED25519_SHA512) -> KeyPair:
    return derive_key_pair_from_entropy(scheme, 1000 + number)


def party(pair: KeyPair, name: str = "Notary") -> Party:
    return Party(CordaX500Name(name, "London", "GB"), pair.public)


NOTARY_PAIR = keys(0)
VALIDATORS = (keys(1), keys(2), keys(3))


def height(millis: int) -> Height:
    return Height(0, START_MILLIS + millis)


SALT = b"\x07" * 32


class Wire:
    """Component groups with their trees; the rules of whole transactions aren't asked here."""

    def __init__(self, groups: Mapping[int, tuple[bytes, ...]]) -> None:
        self.groups = dict(groups)
        self.nonces = {
            index: ids.group_nonces(SALT, index, parts) for index, parts in groups.items()
        }
        self.trees = {
            index: MerkleTree.build(ids.group_leaves(self.nonces[index], parts))
            for index, parts in groups.items()
        }
        self.group_hashes = ids.group_hashes({i: tree.root for i, tree in self.trees.items()})
        self.id: SecureHash = MerkleTree.build(self.group_hashes).root


@dataclass
class Bridge:
    """Makes one transaction and its proof; every part can be changed before."""

    entries: Sequence[Entry] = (Entry("some/path", b"value"),)
    millis: int = 0
    window: TimeWindow | None = None
    contract: str = IBC_CONTRACT
    base_id: BaseId = BASE_ID
    output_notary: KeyPair = NOTARY_PAIR
    notary: KeyPair = NOTARY_PAIR
    signers: Sequence[KeyPair] = (NOTARY_PAIR, *VALIDATORS[:2])
    shown: Mapping[ComponentGroupEnum, Sequence[int]] = field(default_factory=lambda: dict(PROVEN))
    more_notaries: Sequence[KeyPair] = ()
    without: Sequence[int] = ()

    def output(self) -> BridgeOutput:
        notary = party(self.output_notary)
        state = BridgeState(self.base_id, tuple(self.entries))
        packed = AnyMessage("/corda_sim.ibc.v1.Test", state.encode() + b"\x52\x01x")
        key = notary.owning_key.encoded
        return BridgeOutput(self.contract, str(notary.name), key, None, b"", packed)

    def groups(self) -> dict[int, tuple[bytes, ...]]:
        start = START + timedelta(milliseconds=self.millis)
        window = self.window or TimeWindow.between(start, start + timedelta(seconds=30))
        notaries = (self.notary, *self.more_notaries)
        groups = {
            OUTPUTS: (encode_output(self.output()), b"another output"),
            NOTARY: tuple(serialize(party(pair)) for pair in notaries),
            WINDOW: (serialize(window),),
        }
        return {index: groups[index] for index in groups if index not in self.without}

    def wire(self) -> Wire:
        return Wire(self.groups())

    def filtered(self, wire: Wire) -> FilteredTransaction:
        groups = tuple(
            filter_group(group, wire.groups[group], wire.nonces[group], wire.trees[group], places)
            for group, places in self.shown.items()
        )
        return FilteredTransaction(wire.id, groups, wire.group_hashes)

    def sign(self, wire: Wire) -> list[TransactionSignature]:
        return [sign_transaction_id(pair, wire.id) for pair in self.signers]

    def tear_off(self) -> TearOff:
        wire = self.wire()
        return make_tear_off(self.filtered(wire), self.sign(wire))


def client_state(**changes: object) -> ClientState:
    state = ClientState(
        BASE_ID,
        NOTARY_PAIR.public.encoded,
        tuple(pair.public.encoded for pair in VALIDATORS),
        2,
        height(0),
    )
    return replace(state, **changes)  # type: ignore[arg-type]


class Follower:
    """A Corda client in a store of its own, at height ``START``."""

    def __init__(self, state: ClientState | None = None) -> None:
        self.client = CordaClient()
        self.store = ClientStore(MemoryStore(), "corda-host-0")
        first = state or client_state()
        consensus = consensus_state_at(first.latest_height or Height())
        packed = (AnyMessage.pack(first), AnyMessage.pack(consensus))
        self.client.initialise(self.store, *packed, NOW)

    def update(self, tear_off: TearOff) -> tuple[Height, ...]:
        return self.client.update(self.store, AnyMessage.pack(Header(tear_off)), NOW)

    def member(
        self, tear_off: TearOff, millis: int, value: bytes = b"value", path: str = "some/path"
    ) -> None:
        proof = Proof(height(millis), b"ibc", tear_off.encode())
        self.client.verify_membership(self.store, proof, path, value, NOW)

    def absent(self, tear_off: TearOff, millis: int, path: str = "some/path") -> None:
        proof = Proof(height(millis), b"ibc", tear_off.encode())
        self.client.verify_non_membership(self.store, proof, path, NOW)
