"""``lcp.service.elc.v1``: LCP's Msg and Query, answered by the enclave (solidity_stack 4.1)."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.lcp._pb import elc_pb2 as pb
from corda_sim.lcp._pb import elc_pb2_grpc
from corda_sim.lcp.enclave import requests
from corda_sim.lcp.enclave.channel import MAX_FRAME
from corda_sim.lcp.enclave.requests import ClientFound, Request, Signed
from corda_sim.lcp.errors import EnclaveProtocolException, EnclaveUnavailableException
from corda_sim.lcp.node.host import EnclaveHost
from corda_sim.lcp.statuses import Context, answering

A = TypeVar("A", Signed, ClientFound)
R = TypeVar("R")


class ElcServer(elc_pb2_grpc.MsgServicer, elc_pb2_grpc.QueryServicer):
    """Both services over one enclave."""

    def __init__(self, host: EnclaveHost) -> None:
        self._host = host

    @answering
    def CreateClient(  # noqa: N802 - gRPC's name
        self,
        request: pb.MsgCreateClient,
        context: Context,  # noqa: ARG002 - gRPC's signature
    ) -> pb.MsgCreateClientResponse:
        """Make a client from its first states; the answer isn't signed."""
        states = (_any(request.client_state), _any(request.consensus_state))
        asked = requests.CreateClient(request.client_id, *states, request.signer)
        return self._signed(asked, pb.MsgCreateClientResponse)

    @answering
    def UpdateClient(  # noqa: N802 - as above
        self,
        request: pb.MsgUpdateClient,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.MsgUpdateClientResponse:
        """Feed a header."""
        header, include = _any(request.header), request.include_state
        asked = requests.UpdateClient(request.client_id, header, include, request.signer)
        return self._signed(asked, pb.MsgUpdateClientResponse)

    @answering
    def UpdateClientStream(  # noqa: N802 - as above
        self,
        request: Iterator[pb.MsgUpdateClientStreamChunk],
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.MsgUpdateClientResponse:
        """Feed a header that comes in chunks."""
        return self._signed(_streamed(request), pb.MsgUpdateClientResponse)

    @answering
    def AggregateMessages(  # noqa: N802 - as above
        self,
        request: pb.MsgAggregateMessages,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.MsgAggregateMessagesResponse:
        """One update for several."""
        messages, signatures = tuple(request.messages), tuple(request.signatures)
        asked = requests.AggregateMessages(request.signer, messages, signatures)
        return self._signed(asked, pb.MsgAggregateMessagesResponse)

    @answering
    def VerifyMembership(  # noqa: N802 - as above
        self,
        request: pb.MsgVerifyMembership,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.MsgVerifyMembershipResponse:
        """Sign that a value is at a path."""
        asked = requests.VerifyMembership(
            request.client_id,
            request.prefix,
            request.path,
            request.value,
            _height(request.proof_height),
            request.proof,
            request.signer,
        )
        return self._signed(asked, pb.MsgVerifyMembershipResponse)

    @answering
    def VerifyNonMembership(  # noqa: N802 - as above
        self,
        request: pb.MsgVerifyNonMembership,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.MsgVerifyNonMembershipResponse:
        """Sign that nothing is at a path."""
        asked = requests.VerifyNonMembership(
            request.client_id,
            request.prefix,
            request.path,
            _height(request.proof_height),
            request.proof,
            request.signer,
        )
        return self._signed(asked, pb.MsgVerifyNonMembershipResponse)

    @answering
    def Client(  # noqa: N802 - as above
        self,
        request: pb.QueryClientRequest,
        context: Context,  # noqa: ARG002 - as above
    ) -> pb.QueryClientResponse:
        """A client's newest states."""
        found = self._ask(requests.QueryClient(request.client_id), ClientFound)
        answer = pb.QueryClientResponse(found=found.found)
        if found.found:
            for field, value in (
                (answer.client_state, found.client_state),
                (answer.consensus_state, found.consensus_state),
            ):
                field.type_url, field.value = value.type_url, value.value
        return answer

    def _signed(self, request: Request, response: Callable[..., R]) -> R:
        signed = self._ask(request, Signed)
        return response(message=signed.message, signature=signed.signature)

    def _ask(self, request: Request, kind: type[A]) -> A:
        answer = self._host.call(request)
        if not isinstance(answer, kind):
            raise EnclaveUnavailableException(f"the enclave answered with {type(answer).__name__}")
        return answer


def _any(message: Any) -> AnyMessage:  # noqa: ANN401 - google.protobuf.Any
    return AnyMessage(message.type_url, message.value)


def _height(message: Any) -> Height:  # noqa: ANN401 - ibc.core.client.v1.Height
    return Height(message.revision_number, message.revision_height)


def _streamed(chunks: Iterator[pb.MsgUpdateClientStreamChunk]) -> requests.UpdateClient:
    first = next(chunks, None)
    if first is None or not first.HasField("init"):
        raise EnclaveProtocolException("a stream starts with what it is for")
    header = bytearray()
    for chunk in chunks:
        if not chunk.HasField("header_chunk"):
            raise EnclaveProtocolException("a stream goes on with parts of its header")
        header += chunk.header_chunk.data
        if len(header) > MAX_FRAME:
            raise EnclaveProtocolException(f"a header of more than {MAX_FRAME} bytes")
    init = first.init
    packed = AnyMessage(init.type_url, bytes(header))
    return requests.UpdateClient(init.client_id, packed, init.include_state, init.signer)
