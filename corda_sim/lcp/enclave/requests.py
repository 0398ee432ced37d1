"""All that may cross the enclave's channel: a closed set of requests and answers.

The first request of a process is ``Launch``, from the quoting service that has measured it. Those
that sign name the enclave key by its address (20 bytes).
"""

import dataclasses
from typing import Annotated

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.protobuf import Field, Message

NOTHING = AnyMessage()


@dataclasses.dataclass(frozen=True, slots=True)
class Launch(Message):
    """Where the sealed state is, and the key that opens it (SGX's EGETKEY)."""

    directory: Annotated[str, Field(1)]
    sealing_key: Annotated[bytes, Field(2)] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class GenerateKey(Message):
    """Make an enclave key for an operator (20 bytes, zeros for none)."""

    operator: Annotated[bytes, Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class ReportKey(Message):
    """Ask for the report data of a key, for a quote."""

    signer: Annotated[bytes, Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class CreateClient(Message):
    """MsgCreateClient."""

    client_id: Annotated[str, Field(1)]
    client_state: Annotated[AnyMessage, Field(2)]
    consensus_state: Annotated[AnyMessage, Field(3)]
    signer: Annotated[bytes, Field(4)]


@dataclasses.dataclass(frozen=True, slots=True)
class UpdateClient(Message):
    """MsgUpdateClient."""

    client_id: Annotated[str, Field(1)]
    header: Annotated[AnyMessage, Field(2)]
    include_state: Annotated[bool, Field(3)]
    signer: Annotated[bytes, Field(4)]


@dataclasses.dataclass(frozen=True, slots=True)
class AggregateMessages(Message):
    """MsgAggregateMessages."""

    signer: Annotated[bytes, Field(1)]
    messages: Annotated[tuple[bytes, ...], Field(2)]
    signatures: Annotated[tuple[bytes, ...], Field(3)]


@dataclasses.dataclass(frozen=True, slots=True)
class VerifyMembership(Message):
    """MsgVerifyMembership."""

    client_id: Annotated[str, Field(1)]
    prefix: Annotated[bytes, Field(2)]
    path: Annotated[str, Field(3)]
    value: Annotated[bytes, Field(4)]
    proof_height: Annotated[Height, Field(5)]
    proof: Annotated[bytes, Field(6)]
    signer: Annotated[bytes, Field(7)]


@dataclasses.dataclass(frozen=True, slots=True)
class VerifyNonMembership(Message):
    """MsgVerifyNonMembership."""

    client_id: Annotated[str, Field(1)]
    prefix: Annotated[bytes, Field(2)]
    path: Annotated[str, Field(3)]
    proof_height: Annotated[Height, Field(4)]
    proof: Annotated[bytes, Field(5)]
    signer: Annotated[bytes, Field(6)]


@dataclasses.dataclass(frozen=True, slots=True)
class QueryClient(Message):
    """QueryClientRequest."""

    client_id: Annotated[str, Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class Ready(Message):
    """The enclave has opened its state; the addresses of its keys."""

    keys: Annotated[tuple[bytes, ...], Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class KeyReport(Message):
    """The report data (64 bytes) of a key."""

    report_data: Annotated[bytes, Field(1)]


@dataclasses.dataclass(frozen=True, slots=True)
class Signed(Message):
    """A proxy message and its signature, which is empty for a created client."""

    message: Annotated[bytes, Field(1)]
    signature: Annotated[bytes, Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class ClientFound(Message):
    """QueryClientResponse."""

    found: Annotated[bool, Field(1)]
    client_state: Annotated[AnyMessage, Field(2)] = NOTHING
    consensus_state: Annotated[AnyMessage, Field(3)] = NOTHING


@dataclasses.dataclass(frozen=True, slots=True)
class Refused(Message):
    """A typed error: its class and its text."""

    type_name: Annotated[str, Field(1)]
    text: Annotated[str, Field(2)]


Request = (
    Launch
    | GenerateKey
    | ReportKey
    | CreateClient
    | UpdateClient
    | AggregateMessages
    | VerifyMembership
    | VerifyNonMembership
    | QueryClient
)
Answer = Ready | KeyReport | Signed | ClientFound | Refused
