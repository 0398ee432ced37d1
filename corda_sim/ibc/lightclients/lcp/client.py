"""The LCP client over its store (client type ``lcp-client``; LCPClientIASBase.sol).

It accepts a subset of what lcp-solidity's accepts: a frozen client verifies nothing, a second state
at a stored height freezes it, signatures have a low s, and ABI is canonical.
"""

from dataclasses import replace

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.eip712 import Domain
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPClientClientStateFrozen,
    LCPClientClientStateInvalid,
    LCPClientClientStateInvalidAllowedAdvisoryId,
    LCPClientClientStateInvalidAllowedQuoteStatus,
    LCPClientClientStateInvalidKeyExpiration,
    LCPClientClientStateInvalidLatestHeight,
    LCPClientClientStateInvalidMrenclaveLength,
    LCPClientClientStateInvalidOperatorsNonce,
    LCPClientConsensusStateInvalidStateId,
    LCPClientMisbehaviourPrevStatesMustNotEmpty,
    LCPClientUnknownProtoTypeUrl,
    LCPClientUnknownProxyMessageHeader,
    LCPClientUpdateStateEmittedStatesMustNotEmpty,
    LCPClientUpdateStateInvalidPostState,
    LCPClientUpdateStateUnexpectedPrevStateId,
)
from corda_sim.ibc.lightclients.lcp.keys import register_key, verify_signatures
from corda_sim.ibc.lightclients.lcp.membership import NOTHING, verify_message
from corda_sim.ibc.lightclients.lcp.messages import (
    NO_STATE_ID,
    Misbehaviour,
    UpdateState,
    decode_message,
)
from corda_sim.ibc.lightclients.lcp.operators import check_operators, updated_operators
from corda_sim.ibc.lightclients.lcp.states import client_state_of, consensus_state_of
from corda_sim.ibc.lightclients.lcp.types import (
    ClientState,
    ConsensusState,
    RegisterEnclaveKeyMessage,
    UpdateClientMessage,
    UpdateOperatorsMessage,
)
from corda_sim.ibc.moment import Moment

_MRENCLAVE_SIZE = 32


class LcpClient:
    """Trusts what registered enclave keys have signed; operators' votes count in ``domain``."""

    client_type = "lcp-client"
    client_state_url = ClientState.TYPE_URL

    def __init__(self, root: AttestationRoot, domain: Domain) -> None:
        self._root = root
        self._domain = domain

    def initialise(
        self,
        store: ClientStore,
        client_state: AnyMessage,
        consensus_state: AnyMessage,
        now: Moment,  # noqa: ARG002 - nothing has begun yet
    ) -> Height:
        """Store a client that no update has activated yet, at height (0, 0).

        Raises: a LCPClientClientStateInvalid, LCPClientConsensusStateInvalidStateId.
        """
        _check_initial(_read_client_state(client_state))
        if consensus_state != AnyMessage.pack(ConsensusState()):
            raise LCPClientConsensusStateInvalidStateId("the first consensus state must be empty")
        store.client_state = client_state
        store.set_consensus_state(ZERO_HEIGHT, consensus_state)
        return ZERO_HEIGHT

    def status(self, store: ClientStore, now: Moment) -> Status:  # noqa: ARG002 - keys expire, it not
        """Frozen or active."""
        return Status.FROZEN if client_state_of(store).frozen else Status.ACTIVE

    def latest_height(self, store: ClientStore) -> Height:
        """The highest height in sight: on Corda, of what the transaction refers to."""
        return store.latest_height

    def timestamp_at(self, store: ClientStore, height: Height) -> int:
        """The other chain's time, in nanoseconds. Raises: ErrConsensusStateNotFound."""
        return consensus_state_of(store, height).timestamp

    def update(self, store: ClientStore, message: AnyMessage, now: Moment) -> tuple[Height, ...]:
        """Take a proxy message, an enclave key or other operators (routeUpdateClient).

        Raises: an error of ``lcp.errors``, each of them an ErrInvalidHeader, ErrInvalidProof or
        ErrClientFrozen.
        """
        state = client_state_of(store)
        if state.frozen:
            raise LCPClientClientStateFrozen(f"client {store.client_id} is frozen")
        try:
            return self._route(store, state, message, now)
        except DecodeError as error:
            raise LCPClientUnknownProxyMessageHeader(str(error)) from error

    def _route(
        self, store: ClientStore, state: ClientState, message: AnyMessage, now: Moment
    ) -> tuple[Height, ...]:
        match message.type_url:
            case UpdateClientMessage.TYPE_URL:
                return _proxy_message(store, state, message.unpack(UpdateClientMessage), now)
            case RegisterEnclaveKeyMessage.TYPE_URL:
                registration = message.unpack(RegisterEnclaveKeyMessage)
                register_key(store, state, registration, self._root, now)
            case UpdateOperatorsMessage.TYPE_URL:
                votes = message.unpack(UpdateOperatorsMessage)
                updated = updated_operators(self._domain, store.client_id, state, votes)
                store.client_state = AnyMessage.pack(updated)
            case url:
                raise LCPClientUnknownProtoTypeUrl(f"a client message of type {url!r}")
        return ()

    def verify_membership(
        self, store: ClientStore, proof: Proof, path: str, value: bytes, now: Moment
    ) -> None:
        """Raises: a LCPClientMembershipMismatch, and as ``verify_signatures``."""
        verify_message(store, proof, path, keccak256(value), now)

    def verify_non_membership(
        self, store: ClientStore, proof: Proof, path: str, now: Moment
    ) -> None:
        """Raises: a LCPClientMembershipMismatch, and as ``verify_signatures``."""
        verify_message(store, proof, path, NOTHING, now)


def _read_client_state(client_state: AnyMessage) -> ClientState:
    try:
        state = client_state.unpack(ClientState)
    except DecodeError as error:
        raise LCPClientClientStateInvalid(str(error)) from error
    if AnyMessage.pack(state) != client_state:
        raise LCPClientClientStateInvalid("a client state with fields that aren't known")
    return state


def _check_initial(state: ClientState) -> None:
    if state.frozen:
        raise LCPClientClientStateInvalid("a new client isn't frozen")
    if not state.latest_height.is_zero:
        raise LCPClientClientStateInvalidLatestHeight("a new client has no height")
    if len(state.mrenclave) != _MRENCLAVE_SIZE:
        raise LCPClientClientStateInvalidMrenclaveLength(f"not {_MRENCLAVE_SIZE} bytes")
    if not state.key_expiration:
        raise LCPClientClientStateInvalidKeyExpiration("keys live for some time")
    if "" in state.allowed_quote_statuses:
        raise LCPClientClientStateInvalidAllowedQuoteStatus("an empty status")
    if "" in state.allowed_advisory_ids:
        raise LCPClientClientStateInvalidAllowedAdvisoryId("an empty advisory")
    if state.operators_nonce:
        raise LCPClientClientStateInvalidOperatorsNonce("a new client's nonce is 0")
    check_operators(
        state.operators,
        state.operators_threshold_numerator,
        state.operators_threshold_denominator,
    )


def _proxy_message(
    store: ClientStore, state: ClientState, msg: UpdateClientMessage, now: Moment
) -> tuple[Height, ...]:
    message = decode_message(msg.proxy_message)
    verify_signatures(store, state, msg.proxy_message, msg.signatures, now)
    match message:
        case UpdateState():
            return _update_state(store, state, message, now)
        case Misbehaviour():
            _misbehaviour(store, state, message, now)
            return ()
        case _:
            raise LCPClientUnknownProxyMessageHeader("a proof where an update is expected")


def _update_state(
    store: ClientStore, state: ClientState, message: UpdateState, now: Moment
) -> tuple[Height, ...]:
    activation = state.latest_height.is_zero
    if activation and not message.emitted_states:
        raise LCPClientUpdateStateEmittedStatesMustNotEmpty("an activation shows its state")
    if not activation:
        _require_state(store, message.prev_height, message.prev_state_id)
    if message.context is not None:
        message.context.validate(now)
    if message.post_height.is_zero or message.post_state_id == NO_STATE_ID:
        raise LCPClientUpdateStateInvalidPostState("an update to no height or no state")
    if not 0 < message.timestamp < 1 << 64:
        raise LCPClientUpdateStateInvalidPostState(f"a timestamp of {message.timestamp} ns")
    consensus = AnyMessage.pack(ConsensusState(message.post_state_id, message.timestamp))
    known = store.find_consensus_state(message.post_height)
    if known is not None and known != consensus:
        store.client_state = AnyMessage.pack(replace(state, frozen=True))
    if known is not None:
        return ()
    store.set_consensus_state(message.post_height, consensus)
    if activation:
        activated = replace(state, latest_height=message.post_height)
        store.client_state = AnyMessage.pack(activated)
    return (message.post_height,)


def _require_state(store: ClientStore, height: Height, state_id: bytes) -> None:
    stored = store.find_consensus_state(height)
    if stored is None or stored.unpack(ConsensusState).state_id != state_id:
        raise LCPClientUpdateStateUnexpectedPrevStateId(f"not the state stored at {height}")


def _misbehaviour(
    store: ClientStore, state: ClientState, message: Misbehaviour, now: Moment
) -> None:
    if not message.prev_states:
        raise LCPClientMisbehaviourPrevStatesMustNotEmpty("misbehaviour names a state")
    for one in message.prev_states:
        _require_state(store, one.height, one.state_id)
    if message.context is not None:
        message.context.validate(now)
    store.client_state = AnyMessage.pack(replace(state, frozen=True))
