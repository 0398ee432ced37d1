"""The Corda light client over its store (client type ``corda-host``).

Its identifiers start with ``corda-host`` because ICS-24 wants nine characters of a client id.
"""

from dataclasses import replace

from corda_sim.core.crypto.crypto import decode_public_key
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
    ErrInvalidProof,
)
from corda_sim.ibc.lightclients.corda.types import (
    ClientState,
    ConsensusState,
    Entry,
    Header,
    TearOff,
)
from corda_sim.ibc.lightclients.corda.verification import ProvenTransaction, verify_tear_off
from corda_sim.ibc.moment import NANOS_PER_MILLI, Moment

_HASH_SIZE = 32
_COUNTERS = ("nextSequenceSend/", "nextSequenceRecv/", "nextSequenceAck/")


class CordaClient:
    """Knows heights by their time alone; whatever is proven carries its signatures."""

    client_type = "corda-host"
    client_state_url = ClientState.TYPE_URL

    def initialise(
        self,
        store: ClientStore,
        client_state: AnyMessage,
        consensus_state: AnyMessage,
        now: Moment,  # noqa: ARG002 - nothing about this client ends
    ) -> Height:
        """Store the operator's first states. Raises: ErrInvalidClient, ErrInvalidConsensus."""
        state = _read_client_state(client_state)
        height = state.latest_height or ZERO_HEIGHT
        if height.revision_number or not height.revision_height:
            raise ErrInvalidClient("the latest height must be a time in revision 0")
        if consensus_state != AnyMessage.pack(consensus_state_at(height)):
            raise ErrInvalidConsensus(f"the consensus state isn't that of height {height}")
        store.client_state = client_state
        store.set_consensus_state(height, consensus_state)
        return height

    def status(self, store: ClientStore, now: Moment) -> Status:  # noqa: ARG002 - as above
        """Always active: a height has one consensus state, so nothing can contradict another."""
        client_state_of(store)
        return Status.ACTIVE

    def latest_height(self, store: ClientStore) -> Height:
        """The highest height known. Raises: ErrClientNotFound."""
        return client_state_of(store).latest_height or ZERO_HEIGHT

    def timestamp_at(self, store: ClientStore, height: Height) -> int:
        """A height's time, in nanoseconds. Raises: ErrConsensusStateNotFound."""
        return store.consensus_state(height).unpack(ConsensusState).timestamp

    def update(
        self,
        store: ClientStore,
        message: AnyMessage,
        now: Moment,  # noqa: ARG002 - as above
    ) -> tuple[Height, ...]:
        """Take the tear-off of a bridge transaction. Raises: ErrInvalidHeader."""
        state = client_state_of(store)
        try:
            proven = verify_tear_off(message.unpack(Header).tear_off, state)
        except (DecodeError, ErrInvalidProof) as error:
            raise ErrInvalidHeader(str(error)) from error
        height = proven.moment.height
        if store.find_consensus_state(height) is not None:
            return ()
        store.set_consensus_state(height, AnyMessage.pack(consensus_state_at(height)))
        if height > (state.latest_height or ZERO_HEIGHT):
            store.client_state = AnyMessage.pack(replace(state, latest_height=height))
        return (height,)

    def verify_membership(
        self,
        store: ClientStore,
        proof: Proof,
        path: str,
        value: bytes,
        now: Moment,  # noqa: ARG002 - as above
    ) -> None:
        """Presence at a height: any transaction from then or before; a counter's, from then on.

        Raises: ErrInvalidProof, ErrConsensusStateNotFound.
        """
        if not value:
            raise ErrInvalidProof("an empty value is absence")
        proven = _prove(store, proof, Entry(path, value))
        _require_when(proven, proof.height, later=path.startswith(_COUNTERS))

    def verify_non_membership(
        self,
        store: ClientStore,
        proof: Proof,
        path: str,
        now: Moment,  # noqa: ARG002 - as above
    ) -> None:
        """Absence at a height: a witness from then or later.

        Raises: ErrInvalidProof, ErrConsensusStateNotFound.
        """
        proven = _prove(store, proof, Entry(path))
        _require_when(proven, proof.height, later=True)


def client_state_of(store: ClientStore) -> ClientState:
    """The stored client state. Raises: ErrClientNotFound, DecodeError."""
    return store.client_state.unpack(ClientState)


def consensus_state_at(height: Height) -> ConsensusState:
    """What any client holds at a height: its milliseconds, as nanoseconds."""
    return ConsensusState(height.revision_height * NANOS_PER_MILLI)


def canonical_client_state(state: ClientState) -> ClientState:
    """What LCP's state id covers: base id and all keys, without the height."""
    return replace(state, latest_height=None)


def _read_client_state(client_state: AnyMessage) -> ClientState:
    try:
        state = client_state.unpack(ClientState)
        decode_public_key(state.notary_key)
        validators = set(map(decode_public_key, state.validator_keys))
    except DecodeError as error:
        raise ErrInvalidClient(str(error)) from error
    if AnyMessage.pack(state) != client_state or len(state.base_id.txhash) != _HASH_SIZE:
        raise ErrInvalidClient("a client state with unknown fields or a malformed base id")
    if len(validators) != len(state.validator_keys):
        raise ErrInvalidClient("a validator's key comes twice")
    if not 0 < state.threshold <= len(validators):
        raise ErrInvalidClient(f"{state.threshold} of {len(validators)} validators can't be wanted")
    return state


def _prove(store: ClientStore, proof: Proof, entry: Entry) -> ProvenTransaction:
    if proof.prefix != IBC_PREFIX.key_prefix:
        raise ErrInvalidProof(f"the host's prefix is 'ibc', not {proof.prefix!r}")
    store.consensus_state(proof.height)
    try:
        tear_off = TearOff.decode(proof.data)
    except DecodeError as error:
        raise ErrInvalidProof(str(error)) from error
    proven = verify_tear_off(tear_off, client_state_of(store))
    if entry not in proven.entries:
        raise ErrInvalidProof(f"the transaction doesn't show this at {entry.path}")
    return proven


def _require_when(proven: ProvenTransaction, height: Height, *, later: bool) -> None:
    found = proven.moment.height
    if found < height if later else found > height:
        raise ErrInvalidProof(f"a transaction of {found} says nothing of height {height}")
