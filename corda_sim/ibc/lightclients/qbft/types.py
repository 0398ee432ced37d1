"""Messages (ibc.lightclients.qbft.v1, as in besu-qbft-elc; solidity_stack 5.1).

``frozen`` and ``Misbehaviour`` are ours: both are left out of the bytes until there is one.
"""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.client.height import Height
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class ClientState(Message):
    """What doesn't change, and the highest height; periods in seconds, 0 for no check of time."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.qbft.v1.ClientState"
    chain_id: Annotated[bytes, Field(1)]
    ibc_store_address: Annotated[bytes, Field(2)]
    latest_height: Annotated[Height | None, Field(3)]
    trusting_period: Annotated[int, Field(4)] = 0
    max_clock_drift: Annotated[int, Field(5)] = 0
    frozen: Annotated[bool, Field(6)] = False


@dataclasses.dataclass(frozen=True, slots=True)
class ConsensusState(Message):
    """A block: its time in seconds, the handler's storage root, and its validators."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.qbft.v1.ConsensusState"
    timestamp: Annotated[int, Field(1)]
    root: Annotated[bytes, Field(2)]
    validators: Annotated[tuple[bytes, ...], Field(3)]


@dataclasses.dataclass(frozen=True, slots=True)
class Header(Message):
    """A block's header without seals, its seals in the order of the validators, and a proof.

    A validator that didn't seal has an empty seal. The proof leads from the state root to the
    handler's account.
    """

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.qbft.v1.Header"
    besu_header_rlp: Annotated[bytes, Field(1)]
    seals: Annotated[tuple[bytes, ...], Field(2)]
    trusted_height: Annotated[Height, Field(3)]
    account_state_proof: Annotated[bytes, Field(4)]


@dataclasses.dataclass(frozen=True, slots=True)
class Misbehaviour(Message):
    """Two headers of one height that both verify."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.qbft.v1.Misbehaviour"
    header_1: Annotated[Header, Field(1)]
    header_2: Annotated[Header, Field(2)]
