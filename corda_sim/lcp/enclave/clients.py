"""Creating, updating and asking the enclave's clients; what is signed of them."""

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrClientNotActive,
    ErrClientNotFound,
    ErrInvalidClient,
    ErrInvalidProof,
)
from corda_sim.ibc.host.identifiers import validate_client_id
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.lcp import messages
from corda_sim.ibc.lightclients.lcp.membership import NOTHING
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.moment import Moment
from corda_sim.lcp.enclave.elc import EnclaveLightClient, elc_for
from corda_sim.lcp.enclave.requests import (
    ClientFound,
    CreateClient,
    QueryClient,
    Signed,
    UpdateClient,
    VerifyMembership,
    VerifyNonMembership,
)
from corda_sim.lcp.enclave.signing import signed
from corda_sim.lcp.enclave.state import EnclaveKey, Layer
from corda_sim.lcp.errors import ClientAlreadyExistsException


def create(layer: Layer, request: CreateClient, now: Moment) -> Signed:
    """Store the operator's first states; an unsigned message, because nothing is proven.

    Raises: ClientAlreadyExistsException, ErrInvalidID, ErrClientTypeNotFound, ErrInvalidClient,
    ErrInvalidConsensus.
    """
    validate_client_id(request.client_id)
    store = ClientStore(layer, request.client_id)
    if _find_state(store) is not None:
        raise ClientAlreadyExistsException(f"client {request.client_id} is there already")
    elc = elc_for(request.client_state)
    height = elc.light.initialise(store, request.client_state, request.consensus_state, now)
    if height.is_zero:
        raise ErrInvalidClient("a client in an enclave starts at a height")
    emitted = messages.EmittedState(height, request.client_state.encode())
    first = messages.first_state(
        height, _state_id(elc, store, height), elc.light.timestamp_at(store, height), (emitted,)
    )
    return Signed(messages.encode_message(first), b"")


def update(layer: Layer, request: UpdateClient, key: EnclaveKey, now: Moment) -> Signed:
    """Verify a header and sign what follows; misbehaviour freezes the client and is signed too.

    A header that is known gives the same message again. Raises: ErrClientNotFound,
    ErrClientFrozen, ErrInvalidHeader, ErrInvalidMisbehaviour.
    """
    elc, store = _client(layer, request.client_id)
    if elc.light.status(store, now) is Status.FROZEN:
        raise ErrClientFrozen(f"client {request.client_id} is frozen")
    height = elc.height_of(request.header)
    previous = _previous(elc, store, height)
    elc.light.update(store, request.header, now)
    if elc.light.status(store, now) is Status.FROZEN:
        return signed(_misbehaviour(elc, store, previous, request.header), key)
    return signed(_step(elc, store, (previous, height), request.include_state), key)


def verify(
    layer: Layer, request: VerifyMembership | VerifyNonMembership, key: EnclaveKey, now: Moment
) -> Signed:
    """Verify what is, or isn't, at a path and sign it.

    Raises: ErrClientNotFound, ErrClientNotActive, ErrInvalidProof, ErrConsensusStateNotFound.
    """
    elc, store = _client(layer, request.client_id)
    status = elc.light.status(store, now)
    if status is not Status.ACTIVE:
        kind = ErrClientFrozen if status is Status.FROZEN else ErrClientNotActive
        raise kind(f"client {request.client_id} status is {status.value}")
    value = _proven(elc, store, request, now)
    height = request.proof_height
    state_id = _state_id(elc, store, height)
    path = request.path.encode()
    return signed(messages.VerifyMembership(request.prefix, path, value, height, state_id), key)


def query(layer: Layer, request: QueryClient) -> ClientFound:
    """A client's state and its newest consensus state, if there is such a client."""
    store = ClientStore(layer, request.client_id)
    state = _find_state(store)
    if state is None:
        return ClientFound(found=False)
    latest = elc_for(state).light.latest_height(store)
    return ClientFound(True, state, store.consensus_state(latest))


def _find_state(store: ClientStore) -> AnyMessage | None:
    try:
        return store.client_state
    except ErrClientNotFound:
        return None


def _client(layer: Layer, client_id: str) -> tuple[EnclaveLightClient, ClientStore]:
    store = ClientStore(layer, client_id)
    return elc_for(store.client_state), store


def _state_id(elc: EnclaveLightClient, store: ClientStore, height: Height) -> bytes:
    return state_id_of(elc.canonical(store.client_state), store.consensus_state(height))


def _previous(elc: EnclaveLightClient, store: ClientStore, height: Height) -> Height:
    """The newest stored height below, else the latest: where a verifier goes on from."""
    latest = elc.light.latest_height(store)
    if latest < height:
        return latest
    return max((one for one in store.heights() if one < height), default=latest)


def _step(
    elc: EnclaveLightClient, store: ClientStore, heights: tuple[Height, Height], include: bool
) -> messages.UpdateState:
    previous, height = heights
    timestamp = elc.light.timestamp_at(store, height)
    emitted = messages.EmittedState(height, store.client_state.encode())
    return messages.UpdateState(
        previous,
        _state_id(elc, store, previous),
        height,
        _state_id(elc, store, height),
        timestamp,
        elc.context(store, previous, timestamp),
        (emitted,) if include else (),
    )


def _misbehaviour(
    elc: EnclaveLightClient, store: ClientStore, previous: Height, evidence: AnyMessage
) -> messages.Misbehaviour:
    timestamp = elc.light.timestamp_at(store, previous)
    judged = messages.PrevState(previous, _state_id(elc, store, previous))
    context = elc.context(store, previous, timestamp)
    return messages.Misbehaviour((judged,), context, evidence.encode())


def _proven(
    elc: EnclaveLightClient,
    store: ClientStore,
    request: VerifyMembership | VerifyNonMembership,
    now: Moment,
) -> bytes:
    proof = Proof(request.proof_height, request.prefix, request.proof)
    try:
        if isinstance(request, VerifyNonMembership):
            elc.light.verify_non_membership(store, proof, request.path, now)
            return NOTHING
        elc.light.verify_membership(store, proof, request.path, request.value, now)
    except DecodeError as error:
        raise ErrInvalidProof(str(error)) from error
    return keccak256(request.value)
