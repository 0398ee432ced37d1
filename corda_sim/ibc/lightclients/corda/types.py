"""Messages (corda_sim.lightclients.corda.v1); architecture of the bridge, "Client type corda"."""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class BaseId(Message):
    """The output that the host was made from: a transaction's id (32 bytes) and an index."""

    txhash: Annotated[bytes, Field(1)] = b""
    index: Annotated[int, Field(2, bits=32)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class ClientState(Message):
    """Whose signatures count; keys are X.509 SubjectPublicKeyInfo.

    ``threshold`` of the validators must sign, and the notary. ``latest_height`` is left out of what
    LCP's state id covers.
    """

    TYPE_URL: ClassVar[str] = "/corda_sim.lightclients.corda.v1.ClientState"
    base_id: Annotated[BaseId, Field(1)]
    notary_key: Annotated[bytes, Field(2)]
    validator_keys: Annotated[tuple[bytes, ...], Field(3)]
    threshold: Annotated[int, Field(4, bits=32)]
    latest_height: Annotated[Height | None, Field(5)] = None


@dataclasses.dataclass(frozen=True, slots=True)
class ConsensusState(Message):
    """A height's time in nanoseconds; nothing else, so that a height has one state id."""

    TYPE_URL: ClassVar[str] = "/corda_sim.lightclients.corda.v1.ConsensusState"
    timestamp: Annotated[int, Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class MerkleProof(Message):
    """A partial Merkle tree: kinds of nodes in pre-order (0 inner, 1 leaf, 2 included), hashes."""

    kinds: Annotated[bytes, Field(1)]
    hashes: Annotated[bytes, Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class VisibleGroup(Message):
    """The shown components of one component group."""

    index: Annotated[int, Field(1, bits=32)]
    components: Annotated[tuple[bytes, ...], Field(2)]
    nonces: Annotated[tuple[bytes, ...], Field(3)]
    tree: Annotated[MerkleProof, Field(4)]


@dataclasses.dataclass(frozen=True, slots=True)
class Signature(Message):
    """A signature over SignableData of the id, or of the root of ``batch``."""

    by: Annotated[bytes, Field(1)]
    signature: Annotated[bytes, Field(2)]
    platform_version: Annotated[int, Field(3, bits=32)]
    scheme: Annotated[int, Field(4, bits=32)]
    batch: Annotated[MerkleProof | None, Field(5)] = None


@dataclasses.dataclass(frozen=True, slots=True)
class TearOff(Message):
    """What a proof is: notary, time-window and the wanted outputs of a transaction, signed."""

    tx_id: Annotated[bytes, Field(1)]
    group_hashes: Annotated[tuple[bytes, ...], Field(2)]
    groups: Annotated[tuple[VisibleGroup, ...], Field(3)]
    signatures: Annotated[tuple[Signature, ...], Field(4)]


@dataclasses.dataclass(frozen=True, slots=True)
class Header(Message):
    """The tear-off of any bridge transaction; its height is the ``from`` of its time-window."""

    TYPE_URL: ClassVar[str] = "/corda_sim.lightclients.corda.v1.Header"
    tear_off: Annotated[TearOff, Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class Entry(Message):
    """What a bridge state holds at an ICS-24 path; an empty value is proven absence."""

    path: Annotated[str, Field(1)]
    value: Annotated[bytes, Field(2)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class BridgeState(Message):
    """What every bridge state starts with; each type appends fields of its own, from 10 on."""

    base_id: Annotated[BaseId, Field(1)]
    entries: Annotated[tuple[Entry, ...], Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class BridgeOutput(Message):
    """An output of a bridge transaction: Corda's TransactionState with its state as an Any.

    ``notary_name`` is the X.500 name, ``constraint`` the platform's encoding of the constraint.
    """

    contract: Annotated[str, Field(1)]
    notary_name: Annotated[str, Field(2)]
    notary_key: Annotated[bytes, Field(3)]
    encumbrance: Annotated[int | None, Field(4, bits=32)]
    constraint: Annotated[bytes, Field(5)]
    state: Annotated[AnyMessage, Field(6)]
