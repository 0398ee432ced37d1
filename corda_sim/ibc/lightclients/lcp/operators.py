"""Operators of enclaves: who they may be, and replacing them (LCPClientIASBase.updateOperators)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from corda_sim.core.errors import SignatureException
from corda_sim.ibc.lightclients.ethereum.signatures import ADDRESS_SIZE, recover_address
from corda_sim.ibc.lightclients.lcp.eip712 import Domain, update_operators_digest
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPClientClientStateInvalid,
    LCPClientClientStateInvalidOperatorAddress,
    LCPClientClientStateInvalidOperatorsThreshold,
    LCPClientClientStateUnexpectedOperatorsNonce,
    LCPClientInvalidSignatures,
    LCPClientOperatorsInvalidOrder,
    LCPClientUpdateOperatorsInvalid,
    LCPClientUpdateOperatorsPermissionless,
)
from corda_sim.ibc.lightclients.lcp.keys import NO_OPERATOR, require_threshold, signatures_given
from corda_sim.ibc.lightclients.lcp.types import ClientState, UpdateOperatorsMessage


def check_operators(operators: Sequence[bytes], numerator: int, denominator: int) -> None:
    """Raise a LCPClientClientStateInvalid unless they ascend and the threshold is a fraction."""
    if any(len(one) != ADDRESS_SIZE or one == NO_OPERATOR for one in operators):
        raise LCPClientClientStateInvalidOperatorAddress("an operator is an address, not zero")
    if any(one >= later for one, later in pairwise(operators)):
        raise LCPClientOperatorsInvalidOrder("operators must ascend")
    if operators and not 0 < numerator <= denominator:
        raise LCPClientClientStateInvalidOperatorsThreshold("a threshold is in (0, 1]")


def updated_operators(
    domain: Domain, client_id: str, state: ClientState, msg: UpdateOperatorsMessage
) -> ClientState:
    """The client state with other operators. Raises: a LCPClientUpdateOperatorsInvalid."""
    threshold = (
        msg.new_operators_threshold_numerator,
        msg.new_operators_threshold_denominator,
    )
    if not state.operators:
        raise LCPClientUpdateOperatorsPermissionless("a client without operators stays without")
    if not msg.new_operators:
        raise LCPClientUpdateOperatorsInvalid("a client with operators stays with some")
    if msg.nonce != state.operators_nonce + 1:
        raise LCPClientClientStateUnexpectedOperatorsNonce(f"nonce {msg.nonce} doesn't follow")
    digest = update_operators_digest(domain, client_id, msg.nonce, msg.new_operators, threshold)
    try:
        check_operators(msg.new_operators, *threshold)
        require_threshold(state, _signed(state, digest, msg.signatures))
    except (LCPClientClientStateInvalid, LCPClientInvalidSignatures) as error:
        raise LCPClientUpdateOperatorsInvalid(str(error)) from error
    return replace(
        state,
        operators=msg.new_operators,
        operators_nonce=msg.nonce,
        operators_threshold_numerator=threshold[0],
        operators_threshold_denominator=threshold[1],
    )


def _signed(state: ClientState, digest: bytes, signatures: Sequence[bytes]) -> int:
    given = signatures_given(state, signatures)
    for operator, signature in given:
        try:
            signer = recover_address(digest, signature)
        except SignatureException as error:
            raise LCPClientInvalidSignatures(str(error)) from error
        if signer != operator:
            raise LCPClientInvalidSignatures(f"not signed by {operator.hex()}")
    return len(given)
