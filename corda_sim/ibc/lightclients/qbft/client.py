"""The QBFT light client over its store (client type ``hb-qbft``)."""

from dataclasses import replace

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.errors import (
    ErrInvalidClient,
    ErrInvalidConsensus,
    ErrInvalidHeader,
    ErrInvalidMisbehaviour,
    ErrInvalidProof,
)
from corda_sim.ibc.lightclients.ethereum.signatures import ADDRESS_SIZE
from corda_sim.ibc.lightclients.qbft.header import check_validators, parse_header
from corda_sim.ibc.lightclients.qbft.types import (
    ClientState,
    ConsensusState,
    Header,
    Misbehaviour,
)
from corda_sim.ibc.lightclients.qbft.verification import (
    VerifiedHeader,
    verify_header,
    verify_storage,
)
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment


class QbftClient:
    """Follows a chain's headers; a header is judged by the newest stored state below it."""

    client_type = "hb-qbft"
    client_state_url = ClientState.TYPE_URL

    def initialise(
        self, store: ClientStore, client_state: AnyMessage, consensus_state: AnyMessage, now: Moment
    ) -> Height:
        """Store the operator's first states. Raises: ErrInvalidClient, ErrInvalidConsensus."""
        state, consensus = _read_first(client_state, consensus_state)
        height = state.latest_height or ZERO_HEIGHT
        if height.revision_number or not height.revision_height:
            raise ErrInvalidClient("the latest height must be a block's number in revision 0")
        if len(state.chain_id) != 32 or state.frozen:
            raise ErrInvalidClient("a chain id has 32 bytes, and a new client isn't frozen")
        if len(state.ibc_store_address) != ADDRESS_SIZE or not any(state.ibc_store_address):
            raise ErrInvalidClient("the handler's address must have 20 bytes that aren't all zero")
        if len(consensus.root) != 32 or not any(consensus.root):
            raise ErrInvalidConsensus("the storage root must have 32 bytes that aren't all zero")
        _check_time(state, consensus, consensus.timestamp, now)
        store.client_state = client_state
        store.set_consensus_state(height, consensus_state)
        return height

    def status(self, store: ClientStore, now: Moment) -> Status:
        """Frozen, expired (the newest state is beyond the trusting period) or active."""
        state = client_state_of(store)
        if state.frozen:
            return Status.FROZEN
        newest = consensus_state_of(store, self.latest_height(store))
        return Status.EXPIRED if _is_expired(state, newest, now) else Status.ACTIVE

    def latest_height(self, store: ClientStore) -> Height:
        """The highest height known. Raises: ErrClientNotFound."""
        return client_state_of(store).latest_height or ZERO_HEIGHT

    def timestamp_at(self, store: ClientStore, height: Height) -> int:
        """A block's time, in nanoseconds. Raises: ErrConsensusStateNotFound."""
        return consensus_state_of(store, height).timestamp * NANOS_PER_SECOND

    def update(self, store: ClientStore, message: AnyMessage, now: Moment) -> tuple[Height, ...]:
        """Take a header, or misbehaviour, which freezes the client.

        A header that verifies and differs from the state stored at its height is misbehaviour too.
        Raises: ErrInvalidHeader, ErrInvalidMisbehaviour.
        """
        try:
            if message.type_url == Misbehaviour.TYPE_URL:
                return self._misbehaviour(store, message.unpack(Misbehaviour), now)
            header = message.unpack(Header)
        except DecodeError as error:
            raise ErrInvalidHeader(str(error)) from error
        return self._header(store, header, now)

    def _header(self, store: ClientStore, header: Header, now: Moment) -> tuple[Height, ...]:
        verified = verify(store, header, now)
        consensus = AnyMessage.pack(verified.consensus_state)
        known = store.find_consensus_state(verified.height)
        if known is not None and known != consensus:
            _freeze(store)
        if known is not None:
            return ()
        store.set_consensus_state(verified.height, consensus)
        state = client_state_of(store)
        if verified.height > (state.latest_height or ZERO_HEIGHT):
            store.client_state = AnyMessage.pack(replace(state, latest_height=verified.height))
        return (verified.height,)

    def _misbehaviour(
        self, store: ClientStore, message: Misbehaviour, now: Moment
    ) -> tuple[Height, ...]:
        first, second = (verify(store, one, now) for one in (message.header_1, message.header_2))
        if first.height != second.height or first.block_hash == second.block_hash:
            raise ErrInvalidMisbehaviour("not two blocks of one height")
        _freeze(store)
        return ()

    def verify_membership(
        self,
        store: ClientStore,
        proof: Proof,
        path: str,
        value: bytes,
        now: Moment,  # noqa: ARG002 - the keeper has asked for the status at this time
    ) -> None:
        """Raises: ErrInvalidProof, ErrConsensusStateNotFound."""
        verify_storage(_proven_root(store, proof), path, proof.data, value)

    def verify_non_membership(
        self,
        store: ClientStore,
        proof: Proof,
        path: str,
        now: Moment,  # noqa: ARG002 - as above
    ) -> None:
        """Raises: ErrInvalidProof, ErrConsensusStateNotFound."""
        verify_storage(_proven_root(store, proof), path, proof.data, None)


def client_state_of(store: ClientStore) -> ClientState:
    """The stored client state. Raises: ErrClientNotFound, DecodeError."""
    return store.client_state.unpack(ClientState)


def consensus_state_of(store: ClientStore, height: Height) -> ConsensusState:
    """A stored consensus state. Raises: ErrConsensusStateNotFound, DecodeError."""
    return store.consensus_state(height).unpack(ConsensusState)


def canonical_client_state(state: ClientState) -> ClientState:
    """What LCP's state id covers: the height left out (besu-qbft-elc)."""
    return replace(state, latest_height=None)


def verify(store: ClientStore, header: Header, now: Moment) -> VerifiedHeader:
    """Judge a header by the newest stored state below it, which it has to name.

    Raises: ErrInvalidHeader.
    """
    state = client_state_of(store)
    block = parse_header(header.besu_header_rlp)
    height = Height(0, block.number)
    newest = _newest_below(store, state, height)
    if newest is None or header.trusted_height != newest:
        raise ErrInvalidHeader(
            f"block {block.number} is judged by the newest state below it, {newest}, not by "
            f"{header.trusted_height}"
        )
    trusted = consensus_state_of(store, newest)
    _check_time(state, trusted, block.timestamp, now)
    return verify_header(header, trusted, state.ibc_store_address)


def _newest_below(store: ClientStore, state: ClientState, height: Height) -> Height | None:
    latest = state.latest_height
    if latest is not None and latest < height:
        return latest
    return max((one for one in store.heights() if one < height), default=None)


def _read_first(
    client_state: AnyMessage, consensus_state: AnyMessage
) -> tuple[ClientState, ConsensusState]:
    try:
        consensus = consensus_state.unpack(ConsensusState)
        check_validators(consensus.validators)
    except (DecodeError, ErrInvalidHeader) as error:
        raise ErrInvalidConsensus(str(error)) from error
    try:
        return client_state.unpack(ClientState), consensus
    except DecodeError as error:
        raise ErrInvalidClient(str(error)) from error


def _is_expired(state: ClientState, trusted: ConsensusState, now: Moment) -> bool:
    end = (trusted.timestamp + state.trusting_period) * NANOS_PER_SECOND
    return bool(state.trusting_period) and now.latest >= end


def _check_time(state: ClientState, trusted: ConsensusState, timestamp: int, now: Moment) -> None:
    if not state.trusting_period:
        return
    if _is_expired(state, trusted, now):
        raise ErrInvalidHeader("the state that judges the header is out of its trusting period")
    if now.earliest + state.max_clock_drift * NANOS_PER_SECOND <= timestamp * NANOS_PER_SECOND:
        raise ErrInvalidHeader("a header from the future")


def _freeze(store: ClientStore) -> None:
    store.client_state = AnyMessage.pack(replace(client_state_of(store), frozen=True))


def _proven_root(store: ClientStore, proof: Proof) -> bytes:
    if proof.prefix != IBC_PREFIX.key_prefix:
        raise ErrInvalidProof(f"the handler's prefix is 'ibc', not {proof.prefix!r}")
    if client_state_of(store).frozen:
        raise ErrInvalidProof("a frozen client proves nothing")
    return consensus_state_of(store, proof.height).root
