"""Enclave keys: registering them, and judging signatures by them (LCPClientIASBase.sol)."""

from collections.abc import Sequence

from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import ADDRESS_SIZE, recover_address
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot, require_allowed
from corda_sim.ibc.lightclients.lcp.eip712 import register_enclave_key_digest
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPClientAVRAlreadyExpired,
    LCPClientAVRUnexpectedOperator,
    LCPClientClientStateUnexpectedMrenclave,
    LCPClientEnclaveKeyExpired,
    LCPClientEnclaveKeyNotExist,
    LCPClientEnclaveKeyUnexpectedExpiredAt,
    LCPClientEnclaveKeyUnexpectedOperator,
    LCPClientInvalidSignatures,
    LCPClientInvalidSignaturesLength,
    LCPClientOperatorSignaturesInsufficient,
)
from corda_sim.ibc.lightclients.lcp.types import ClientState, EnclaveKey, RegisterEnclaveKeyMessage
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment

NO_OPERATOR = bytes(ADDRESS_SIZE)


def key_path(address: bytes) -> str:
    """Where, under the client's path, a registered key is."""
    return f"enclaveKeys/{address.hex()}"


def find_key(store: ClientStore, address: bytes) -> EnclaveKey | None:
    """A registered key, expired or not."""
    found = store.get(key_path(address))
    return None if found is None else EnclaveKey.decode_strict(found)


def register_key(
    store: ClientStore,
    state: ClientState,
    msg: RegisterEnclaveKeyMessage,
    root: AttestationRoot,
    now: Moment,
) -> None:
    """Register the key of a report; the same registration again changes nothing.

    Raises: AVRInvalid, LCPClientClientStateUnexpectedMrenclave, LCPClientAVRAlreadyExpired,
    LCPClientAVRUnexpectedOperator, LCPClientEnclaveKeyUnexpectedOperator,
    LCPClientEnclaveKeyUnexpectedExpiredAt.
    """
    report = root.verify(msg, now)
    require_allowed(report, state)
    if report.mrenclave != state.mrenclave:
        raise LCPClientClientStateUnexpectedMrenclave(f"a report of {report.mrenclave.hex()}")
    operator = _operator(msg)
    if report.operator not in (NO_OPERATOR, operator):
        raise LCPClientAVRUnexpectedOperator(f"the report names {report.operator.hex()}")
    expired_at = report.attested_at + state.key_expiration
    if expired_at * NANOS_PER_SECOND <= now.latest:
        raise LCPClientAVRAlreadyExpired(f"the report's key ended at {expired_at} s")
    _store_key(store, report.enclave_key, EnclaveKey(expired_at, operator))


def _operator(msg: RegisterEnclaveKeyMessage) -> bytes:
    if not msg.operator_signature:
        return NO_OPERATOR
    try:
        return recover_address(register_enclave_key_digest(msg.report), msg.operator_signature)
    except SignatureException as error:
        raise LCPClientAVRUnexpectedOperator(str(error)) from error


def _store_key(store: ClientStore, address: bytes, key: EnclaveKey) -> None:
    known = find_key(store, address)
    if known is None:
        store.set(key_path(address), key.encode())
    elif known.expired_at != key.expired_at:
        raise LCPClientEnclaveKeyUnexpectedExpiredAt(f"key {address.hex()} is registered")
    elif known.operator != key.operator:
        raise LCPClientEnclaveKeyUnexpectedOperator(f"key {address.hex()} is another operator's")


def verify_signatures(
    store: ClientStore,
    state: ClientState,
    message: bytes,
    signatures: Sequence[bytes],
    now: Moment,
) -> None:
    """Judge the signatures over a headered message.

    Without operators exactly one is wanted; with them, one place for each, enough of them filled,
    and each by an enclave of that very operator. Raises: a LCPClientInvalidSignatures,
    LCPClientEnclaveKeyNotExist, LCPClientEnclaveKeyExpired.
    """
    digest = keccak256(message)
    if not state.operators:
        if len(signatures) != 1:
            raise LCPClientInvalidSignaturesLength(f"{len(signatures)} signatures, not one")
        _active_key(store, digest, signatures[0], now)
        return
    given = signatures_given(state, signatures)
    for operator, signature in given:
        if _active_key(store, digest, signature, now).operator != operator:
            raise LCPClientEnclaveKeyUnexpectedOperator(f"not by {operator.hex()}'s enclave")
    require_threshold(state, len(given))


def signatures_given(state: ClientState, signatures: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Each operator that signed, with its signature; an empty place is one that didn't.

    Raises: LCPClientInvalidSignaturesLength.
    """
    if len(signatures) != len(state.operators):
        raise LCPClientInvalidSignaturesLength("not one place for each operator")
    places = zip(state.operators, signatures, strict=True)
    return [(operator, signature) for operator, signature in places if signature]


def require_threshold(state: ClientState, given: int) -> None:
    """Raise LCPClientOperatorSignaturesInsufficient below the operators' threshold."""
    wanted = state.operators_threshold_numerator * len(state.operators)
    if given * state.operators_threshold_denominator < wanted:
        raise LCPClientOperatorSignaturesInsufficient(
            f"{given} of {len(state.operators)} operators signed"
        )


def _active_key(store: ClientStore, digest: bytes, signature: bytes, now: Moment) -> EnclaveKey:
    try:
        address = recover_address(digest, signature)
        key = find_key(store, address)
    except (SignatureException, DecodeError) as error:
        raise LCPClientInvalidSignatures(str(error)) from error
    if key is None:
        raise LCPClientEnclaveKeyNotExist(f"key {address.hex()} isn't registered")
    if key.expired_at * NANOS_PER_SECOND <= now.latest:
        raise LCPClientEnclaveKeyExpired(f"key {address.hex()} ended at {key.expired_at} s")
    return key
