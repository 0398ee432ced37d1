"""MockClient.sol once more, as a light client of our handlers."""

from eth_abi.abi import decode, encode

from corda_sim.core.crypto.hashes import sha256
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.keeper import set_consensus_state
from corda_sim.ibc.client.light_client import Proof, Status
from corda_sim.ibc.errors import ErrInvalidProof
from corda_sim.ibc.moment import Moment
from tests.integration.goquorum.conftest import STATE_URL

CLIENT_URL = "/mock.ClientState"
_KINDS = ("(uint64,uint64)", "uint64")


def consensus(height: Height, timestamp: int) -> AnyMessage:
    """A consensus state, and the update that brings it."""
    place = (height.revision_number, height.revision_height)
    return AnyMessage(STATE_URL, bytes(encode(_KINDS, [place, timestamp])))


def proof(height: Height, prefix: bytes, path: str, value: bytes | None) -> bytes:
    """What both clients believe; None is absence."""
    packed = height.revision_number.to_bytes(8, "big") + height.revision_height.to_bytes(8, "big")
    parts = [prefix, path.encode(), *(() if value is None else (value,))]
    return sha256(packed + b"".join(map(sha256, parts)))


def _read(state: AnyMessage) -> tuple[Height, int]:
    place, timestamp = decode(_KINDS, state.value)
    return Height(*place), timestamp


class TwinClient:
    """Believes whoever knows the proof's formula, at any height; active until told."""

    client_type = "mock-client"
    client_state_url = CLIENT_URL

    def __init__(self) -> None:
        self.told = Status.ACTIVE

    def initialise(
        self, store: ClientStore, client_state: AnyMessage, consensus_state: AnyMessage, now: Moment
    ) -> Height:
        store.client_state = client_state
        (height,) = self.update(store, consensus_state, now)
        return height

    def status(self, store: ClientStore, now: Moment) -> Status:
        del store, now
        return self.told

    def latest_height(self, store: ClientStore) -> Height:
        return store.latest_height

    def timestamp_at(self, store: ClientStore, height: Height) -> int:
        found = store.find_consensus_state(height)
        return 0 if found is None else _read(found)[1]

    def update(self, store: ClientStore, message: AnyMessage, now: Moment) -> tuple[Height, ...]:
        del now
        height, _ = _read(message)
        set_consensus_state(store, height, message)
        return (height,)

    def verify_membership(
        self, store: ClientStore, proof_: Proof, path: str, value: bytes, now: Moment
    ) -> None:
        del store, now
        _compare(proof_, path, value)

    def verify_non_membership(
        self, store: ClientStore, proof_: Proof, path: str, now: Moment
    ) -> None:
        del store, now
        _compare(proof_, path, None)


def _compare(given: Proof, path: str, value: bytes | None) -> None:
    if given.data != proof(given.height, given.prefix, path, value):
        raise ErrInvalidProof(f"nothing proves {path}")
