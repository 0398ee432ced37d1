"""Signing proxy messages, and making one of several (solidity_stack 4.3)."""

from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from corda_sim.ibc.lightclients.lcp.messages import (
    ProxyMessage,
    UpdateState,
    aggregate,
    decode_message,
    encode_message,
)
from corda_sim.lcp.enclave.requests import AggregateMessages, Signed
from corda_sim.lcp.enclave.state import EnclaveKey
from corda_sim.lcp.errors import AggregationException


def signed(message: ProxyMessage, key: EnclaveKey) -> Signed:
    """The message with the key's signature."""
    raw = encode_message(message)
    return Signed(raw, key.sign(raw))


def aggregated(request: AggregateMessages, key: EnclaveKey) -> Signed:
    """One signed update for several that this very key has signed.

    Raises: AggregationException.
    """
    if len(request.messages) != len(request.signatures):
        raise AggregationException("not one signature for each message")
    pairs = zip(request.messages, request.signatures, strict=True)
    try:
        return signed(aggregate([_own_update(*pair, key) for pair in pairs]), key)
    except (DecodeError, SignatureException) as error:
        raise AggregationException(str(error)) from error


def _own_update(message: bytes, signature: bytes, key: EnclaveKey) -> UpdateState:
    if recover_address(keccak256(message), signature) != key.address:
        raise AggregationException("a message that another key has signed")
    update = decode_message(message)
    if not isinstance(update, UpdateState):
        raise AggregationException("a message that is no update")
    return update
