"""Messages (ibc.lightclients.lcp.v1; solidity_stack 4.2)."""

import dataclasses
from typing import Annotated, ClassVar

from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class ClientState(Message):
    """Which enclave is trusted, and for how long a key of it (seconds).

    ``latest_height`` is that of the activation: later heights are the consensus states' own, so
    that an update doesn't change the client state.
    """

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.lcp.v1.ClientState"
    mrenclave: Annotated[bytes, Field(1)]
    key_expiration: Annotated[int, Field(2)]
    frozen: Annotated[bool, Field(3)] = False
    latest_height: Annotated[Height, Field(4)] = ZERO_HEIGHT
    allowed_quote_statuses: Annotated[tuple[str, ...], Field(5)] = ()
    allowed_advisory_ids: Annotated[tuple[str, ...], Field(6)] = ()
    operators: Annotated[tuple[bytes, ...], Field(7)] = ()
    operators_nonce: Annotated[int, Field(8)] = 0
    operators_threshold_numerator: Annotated[int, Field(9)] = 0
    operators_threshold_denominator: Annotated[int, Field(10)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class ConsensusState(Message):
    """The state id at a height, and the other chain's time in nanoseconds."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.lcp.v1.ConsensusState"
    state_id: Annotated[bytes, Field(1)] = b""
    timestamp: Annotated[int, Field(2)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateClientMessage(Message):
    """A proxy message with its signatures."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.lcp.v1.UpdateClientMessage"
    proxy_message: Annotated[bytes, Field(1)]
    signatures: Annotated[tuple[bytes, ...], Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class RegisterEnclaveKeyMessage(Message):
    """An attestation report for a key, with who vouches for it."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.lcp.v1.RegisterEnclaveKeyMessage"
    report: Annotated[bytes, Field(1)]
    signature: Annotated[bytes, Field(2)]
    signing_cert: Annotated[bytes, Field(3)]
    operator_signature: Annotated[bytes, Field(4)] = b""


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateOperatorsMessage(Message):
    """Other operators, signed by the present ones."""

    TYPE_URL: ClassVar[str] = "/ibc.lightclients.lcp.v1.UpdateOperatorsMessage"
    nonce: Annotated[int, Field(1)]
    new_operators: Annotated[tuple[bytes, ...], Field(2)]
    new_operators_threshold_numerator: Annotated[int, Field(3)]
    new_operators_threshold_denominator: Annotated[int, Field(4)]
    signatures: Annotated[tuple[bytes, ...], Field(5)]


@dataclasses.dataclass(frozen=True, slots=True)
class EnclaveKey(Message):
    """A registered key: until when it may sign (seconds since 1970), and for which operator."""

    expired_at: Annotated[int, Field(1)]
    operator: Annotated[bytes, Field(2)]
