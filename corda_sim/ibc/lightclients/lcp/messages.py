"""Proxy messages, byte for byte as LCP's enclave signs them (solidity_stack 4.3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.lightclients.lcp.abi import decode_tuple, encode_tuple
from corda_sim.ibc.lightclients.lcp.context import (
    Context,
    aggregate_contexts,
    decode_context,
    encode_context,
)

STATE_ID_SIZE = 32
NO_STATE_ID = bytes(STATE_ID_SIZE)
_VERSION = 1
_HEIGHT = "(uint64,uint64)"
_HEADERED = "(bytes32,bytes)"
_UPDATE_STATE = f"({_HEIGHT},bytes32,{_HEIGHT},bytes32,uint128,bytes,({_HEIGHT},bytes)[])"
_MEMBERSHIP = f"(bytes,bytes,bytes32,{_HEIGHT},bytes32)"
_MISBEHAVIOUR = f"(({_HEIGHT},bytes32)[],bytes,bytes)"
_PROOFS = "(bytes,bytes[])"


@dataclass(frozen=True, slots=True)
class EmittedState:
    """A client state that an update shows: an encoded Any, opaque to the verifier."""

    height: Height
    state: bytes


@dataclass(frozen=True, slots=True)
class UpdateState:
    """The enclave's client went from one state to the next; ``timestamp`` in nanoseconds.

    A first state has no previous one: height (0, 0) and an id of zeros.
    """

    prev_height: Height
    prev_state_id: bytes
    post_height: Height
    post_state_id: bytes
    timestamp: int
    context: Context
    emitted_states: tuple[EmittedState, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyMembership:
    """A value is at a path: its Keccak hash, or 32 zero bytes where nothing is."""

    prefix: bytes
    path: bytes
    value: bytes
    height: Height
    state_id: bytes


@dataclass(frozen=True, slots=True)
class PrevState:
    """A state that misbehaviour was judged by."""

    height: Height
    state_id: bytes


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """The other chain has contradicted itself."""

    prev_states: tuple[PrevState, ...]
    context: Context
    client_message: bytes


ProxyMessage = UpdateState | VerifyMembership | Misbehaviour


def encode_message(message: ProxyMessage) -> bytes:
    """The headered message: what is hashed and signed."""
    match message:
        case UpdateState():
            kind, body = 1, _encode_update(message)
        case VerifyMembership():
            kind, body = 2, _encode_membership(message)
        case Misbehaviour():
            kind, body = 3, _encode_misbehaviour(message)
    return encode_tuple(_HEADERED, (_header(kind), body))


def decode_message(data: bytes) -> ProxyMessage:
    """The message. Raises: DecodeError for another version or kind, or bytes not canonical."""
    header, body = decode_tuple(_HEADERED, data)
    decoders: dict[bytes, Callable[[bytes], ProxyMessage]] = {
        _header(1): _decode_update,
        _header(2): _decode_membership,
        _header(3): _decode_misbehaviour,
    }
    decoder = decoders.get(header)
    if decoder is None:
        raise DecodeError(f"a proxy message with header {header.hex()}")
    return decoder(body)


def _header(kind: int) -> bytes:
    return _VERSION.to_bytes(2, "big") + kind.to_bytes(2, "big") + bytes(28)


def _pair(height: Height) -> tuple[int, int]:
    return height.revision_number, height.revision_height


def _encode_update(message: UpdateState) -> bytes:
    emitted = [(_pair(one.height), one.state) for one in message.emitted_states]
    fields = (
        _pair(message.prev_height),
        message.prev_state_id,
        _pair(message.post_height),
        message.post_state_id,
        message.timestamp,
        encode_context(message.context),
        emitted,
    )
    return encode_tuple(_UPDATE_STATE, fields)


def _decode_update(body: bytes) -> UpdateState:
    prev, prev_id, post, post_id, timestamp, context, emitted = decode_tuple(_UPDATE_STATE, body)
    return UpdateState(
        Height(*prev),
        prev_id,
        Height(*post),
        post_id,
        timestamp,
        decode_context(context),
        tuple(EmittedState(Height(*height), state) for height, state in emitted),
    )


def _encode_membership(message: VerifyMembership) -> bytes:
    height = _pair(message.height)
    fields = (message.prefix, message.path, message.value, height, message.state_id)
    return encode_tuple(_MEMBERSHIP, fields)


def _decode_membership(body: bytes) -> VerifyMembership:
    prefix, path, value, height, state_id = decode_tuple(_MEMBERSHIP, body)
    return VerifyMembership(prefix, path, value, Height(*height), state_id)


def _encode_misbehaviour(message: Misbehaviour) -> bytes:
    states = [(_pair(one.height), one.state_id) for one in message.prev_states]
    fields: tuple[Any, ...] = (states, encode_context(message.context), message.client_message)
    return encode_tuple(_MISBEHAVIOUR, fields)


def _decode_misbehaviour(body: bytes) -> Misbehaviour:
    states, context, client_message = decode_tuple(_MISBEHAVIOUR, body)
    previous = tuple(PrevState(Height(*height), state_id) for height, state_id in states)
    return Misbehaviour(previous, decode_context(context), client_message)


@dataclass(frozen=True, slots=True)
class CommitmentProofs:
    """What the core takes as a proof: a headered message and its signatures."""

    message: bytes
    signatures: tuple[bytes, ...]

    def encode(self) -> bytes:
        """The ABI."""
        return encode_tuple(_PROOFS, (self.message, list(self.signatures)))

    @classmethod
    def decode(cls, data: bytes) -> "CommitmentProofs":
        """Read the ABI. Raises: DecodeError."""
        message, signatures = decode_tuple(_PROOFS, data)
        return cls(message, tuple(signatures))


def aggregate(messages: Sequence[UpdateState]) -> UpdateState:
    """One message for several that follow one another (AggregateMessages).

    Raises: DecodeError for fewer than two, a gap between them, or contexts that don't go together.
    """
    if len(messages) < 2:
        raise DecodeError("there is nothing to aggregate")
    for one, later in pairwise(messages):
        if (one.post_height, one.post_state_id) != (later.prev_height, later.prev_state_id):
            raise DecodeError(f"{later.prev_height} doesn't follow {one.post_height}")
    first, last = messages[0], messages[-1]
    return UpdateState(
        first.prev_height,
        first.prev_state_id,
        last.post_height,
        last.post_state_id,
        last.timestamp,
        aggregate_contexts([one.context for one in messages]),
        tuple(state for one in messages for state in one.emitted_states),
    )


def first_state(
    height: Height, state_id: bytes, timestamp: int, emitted: tuple[EmittedState, ...]
) -> UpdateState:
    """What creating a client in the enclave answers: no previous state, nothing asked."""
    return UpdateState(ZERO_HEIGHT, NO_STATE_ID, height, state_id, timestamp, None, emitted)
