"""Real transactions for the notary's tests: built from component groups, no contract needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from corda_sim.core.contracts import StateRef, TimeWindow, TypeOnlyCommandData
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy, sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.merkle import MerkleTree
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters, NotaryInfo
from corda_sim.core.serialization import serializable, serialize
from corda_sim.core.transactions import (
    ComponentGroup,
    ComponentGroupEnum,
    FilteredTransaction,
    NetworkParametersHash,
    ReferenceStateRef,
    WireTransaction,
)
from corda_sim.core.transactions.filtering import filter_group
from corda_sim.core.transactions.ids import group_hashes, group_leaves, group_nonces
from corda_sim.flow.notary.types import (
    NotarisationPayload,
    NotarisationRequestSignature,
    build_request,
)
from tests.unit.notary.support import ref


@serializable("tests.notary.AnyCommand")
@dataclass(frozen=True, eq=False)
class AnyCommand(TypeOnlyCommandData):
    pass


def keys(entropy: int) -> KeyPair:
    return derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, entropy)


ALICE_KEYS, BOB_KEYS, NOTARY_KEYS = keys(1), keys(2), keys(3)
ALICE = Party(CordaX500Name("Alice", "London", "GB"), ALICE_KEYS.public)
BOB = Party(CordaX500Name("Bob", "Paris", "FR"), BOB_KEYS.public)
NOTARY = Party(CordaX500Name("Notary", "Zurich", "CH"), NOTARY_KEYS.public)
PARAMETERS = NetworkParameters(
    minimum_platform_version=4,
    notaries=(NotaryInfo(NOTARY, False),),
    max_message_size=10_485_760,
    max_transaction_size=10_485_760,
    modified_time=datetime(2026, 1, 1, tzinfo=UTC),
    epoch=1,
)


def wire(
    inputs: str = "",
    references: str = "",
    window: TimeWindow | None = None,
    *,
    notary: Party = NOTARY,
    parameters: SecureHash | None = PARAMETERS.hash,
) -> WireTransaction:
    g = ComponentGroupEnum
    signers: tuple[object, ...] = (ALICE_KEYS.public,)
    groups: list[tuple[ComponentGroupEnum, list[object]]] = [
        (g.INPUTS, [ref(name) for name in inputs]),
        (g.COMMANDS, [AnyCommand()]),
        (g.NOTARY, [notary]),
        (g.TIMEWINDOW, [] if window is None else [window]),
        (g.SIGNERS, [signers]),
        (g.REFERENCES, [ref(name) for name in references]),
        (g.PARAMETERS, [] if parameters is None else [parameters]),
    ]
    parts = tuple(
        ComponentGroup(int(group), tuple(map(serialize, values)))
        for group, values in groups
        if values
    )
    return WireTransaction(parts, bytes(range(32)))


def is_for_notary(part: object) -> bool:
    return isinstance(
        part, StateRef | ReferenceStateRef | TimeWindow | Party | NetworkParametersHash
    )


def tear_off(transaction: WireTransaction) -> FilteredTransaction:
    return transaction.build_filtered_transaction(is_for_notary)


def tear_off_of(
    groups: Mapping[ComponentGroupEnum, Sequence[object]],
) -> FilteredTransaction:
    """A tear-off that shows these components, which no honest builder would put together."""
    salt, shown, roots = bytes(range(32)), [], {}
    for group, values in sorted(groups.items()):
        parts = tuple(map(serialize, values))
        nonces = group_nonces(salt, group, parts)
        tree = MerkleTree.build(group_leaves(nonces, parts))
        roots[int(group)] = tree.root
        shown.append(filter_group(int(group), parts, nonces, tree, range(len(parts))))
    hashes = group_hashes(roots)
    return FilteredTransaction(MerkleTree.build(hashes).root, tuple(shown), hashes)


def request_signature(
    inputs: Iterable[StateRef], tx_id: SecureHash, signer: KeyPair = ALICE_KEYS
) -> NotarisationRequestSignature:
    data = build_request(inputs, tx_id).signed_bytes()
    return NotarisationRequestSignature(signer.public, sign(signer.private, data), 12)


def payload(
    transaction: WireTransaction,
    shown: FilteredTransaction | None = None,
    *,
    signer: KeyPair = ALICE_KEYS,
    signed_inputs: Iterable[StateRef] | None = None,
    signed_id: SecureHash | None = None,
) -> NotarisationPayload:
    inputs = transaction.inputs if signed_inputs is None else signed_inputs
    signature = request_signature(inputs, signed_id or transaction.id, signer)
    return NotarisationPayload(shown or tear_off(transaction), signature)
