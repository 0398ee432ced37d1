"""What a relayer asks of a running proxy: its enclave's light clients (`lcp.service.elc.v1`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.lcp._pb import elc_pb2 as pb
from corda_sim.lcp._pb import elc_pb2_grpc
from corda_sim.lcp.client import call
from corda_sim.lcp.endpoints import connect


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A headered proxy message and the enclave key's signature, empty for a created client."""

    message: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """A value at a path of the chain that a client follows; `value` None: that nothing is there."""

    prefix: bytes
    path: str
    value: bytes | None
    height: Height
    proof: bytes


class ElcConnection:
    """The light clients of a proxy, by address.

    Each call raises LcpUnreachableException or LcpRefusedException. `signer` is the address of an
    enclave key, 20 bytes.
    """

    def __init__(self, address: str, root: Path | None = None) -> None:
        self._address = address
        self._channel = connect(address, root)
        self._msg = elc_pb2_grpc.MsgStub(self._channel)  # type: ignore[no-untyped-call]
        self._query = elc_pb2_grpc.QueryStub(self._channel)  # type: ignore[no-untyped-call]

    def find_client(self, client_id: str) -> AnyMessage | None:
        """A client's newest state."""
        asked = pb.QueryClientRequest(client_id=client_id)
        found = call(self._address, self._query.Client, asked)
        if not found.found:
            return None
        return AnyMessage(found.client_state.type_url, found.client_state.value)

    def create_client(
        self, client_id: str, states: tuple[AnyMessage, AnyMessage], signer: bytes
    ) -> SignedMessage:
        """Make a client from its first client state and consensus state."""
        asked = pb.MsgCreateClient(client_id=client_id, signer=signer)
        _copy(states[0], asked.client_state)
        _copy(states[1], asked.consensus_state)
        return self._signed(self._msg.CreateClient, asked)

    def update_client(
        self, client_id: str, header: AnyMessage, signer: bytes, *, include_state: bool = False
    ) -> SignedMessage:
        """Feed a header; `include_state` has the message show the client state, too."""
        asked = pb.MsgUpdateClient(client_id=client_id, include_state=include_state, signer=signer)
        _copy(header, asked.header)
        return self._signed(self._msg.UpdateClient, asked)

    def aggregate(self, steps: list[SignedMessage], signer: bytes) -> SignedMessage:
        """One update for several that follow one another."""
        asked = pb.MsgAggregateMessages(
            signer=signer,
            messages=[one.message for one in steps],
            signatures=[one.signature for one in steps],
        )
        return self._signed(self._msg.AggregateMessages, asked)

    def verify(self, client_id: str, question: Question, signer: bytes) -> SignedMessage:
        """Have a value, or its absence, verified and signed."""
        asked: dict[str, Any] = {
            "client_id": client_id,
            "prefix": question.prefix,
            "path": question.path,
            "proof": question.proof,
            "signer": signer,
        }
        if question.value is None:
            absence = pb.MsgVerifyNonMembership(**asked)
            _copy_height(question.height, absence.proof_height)
            return self._signed(self._msg.VerifyNonMembership, absence)
        membership = pb.MsgVerifyMembership(**asked, value=question.value)
        _copy_height(question.height, membership.proof_height)
        return self._signed(self._msg.VerifyMembership, membership)

    def close(self) -> None:
        """Leave the proxy."""
        self._channel.close()

    def _signed(self, method: Any, asked: Any) -> SignedMessage:  # noqa: ANN401 - any of the stubs'
        answer = call(self._address, method, asked)
        return SignedMessage(answer.message, answer.signature)


def _copy(value: AnyMessage, into: Any) -> None:  # noqa: ANN401 - google.protobuf.Any
    into.type_url, into.value = value.type_url, value.value


def _copy_height(value: Height, into: Any) -> None:  # noqa: ANN401 - ibc.core.client.v1.Height
    into.revision_number, into.revision_height = value.revision_number, value.revision_height
