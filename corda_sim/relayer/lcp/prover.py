"""The prover that asks an LCP enclave."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.commitment.prefix import IBC_PREFIX
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.lightclients.corda.client import canonical_client_state as canonical_corda
from corda_sim.ibc.lightclients.lcp.messages import CommitmentProofs, UpdateState
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState, UpdateClientMessage
from corda_sim.ibc.lightclients.qbft.client import canonical_client_state as canonical_qbft
from corda_sim.ibc.lightclients.qbft.types import ClientState as QbftClientState
from corda_sim.lcp.elc_client import Question, SignedMessage
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.chain import Claim, Ledger, Origin
from corda_sim.relayer.errors import (
    EnclaveLostException,
    ProofTooOldException,
    StateMismatchException,
)
from corda_sim.relayer.lcp.following import REFUSED_HEADER, update_of
from corda_sim.relayer.lcp.keys import SigningKey
from corda_sim.relayer.lcp.trail import Trail, height_of, read_state, states_at, telling_loss
from corda_sim.relayer.prover import Proven

NEWER_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05
_LOOK_BACK: Final = 16
_RENAME: Final = (
    "give it another name in [lcp] and run `relayer handshake` again, which makes it from there; "
    "see docs/bridge.md"
)
_OPEN_ANEW: Final = "open anew, as docs/bridge.md says"


class LightClients(Protocol):
    """An enclave's light clients (`corda_sim.lcp.elc_client.ElcConnection`)."""

    def find_client(self, client_id: str) -> AnyMessage | None:
        """A client's newest state."""

    def create_client(
        self, client_id: str, states: tuple[AnyMessage, AnyMessage], signer: bytes
    ) -> SignedMessage:
        """Make a client."""

    def update_client(
        self, client_id: str, header: AnyMessage, signer: bytes, *, include_state: bool = False
    ) -> SignedMessage:
        """Feed a header."""

    def aggregate(self, steps: list[SignedMessage], signer: bytes) -> SignedMessage:
        """One update for several."""

    def verify(self, client_id: str, question: Question, signer: bytes) -> SignedMessage:
        """Verify a value or its absence."""


@dataclass(frozen=True, slots=True)
class EnclaveClient:
    """A client inside an enclave, and what an LCP client of it holds on the other chain."""

    client_id: str
    mrenclave: bytes
    key_expiration: int


class LcpProver:
    """Proves `origin` to an LCP client on `other`."""

    def __init__(
        self,
        origin: Origin,
        other: Ledger,
        lights: LightClients,
        key: SigningKey,
        client: EnclaveClient,
    ) -> None:
        self._origin, self._other, self._lights = origin, other, lights
        self._key, self._client = key, client
        self._trail = Trail(origin, self._feed)
        self._led: SignedMessage | None = None
        """The newest update, from what the other chain's client held then."""

    def prove(self, claims: Sequence[Claim], known: Height) -> Proven:
        """Ask the chain, then the enclave. Raises as the protocol says."""
        former = self._former(known)
        start = update_of(former).post_height if former else known
        evidence = self._origin.prove(claims, start)
        updates = self._updates(former, start, evidence.height)
        pairs = zip(claims, evidence.proofs, strict=True)
        proofs = tuple(self._verify(claim, proof, evidence.height) for claim, proof in pairs)
        return Proven(evidence.height, updates, proofs)

    def _former(self, known: Height) -> SignedMessage | None:
        """The update before, where it goes on from `known` as well: the next one is built on it."""
        is_from_there = self._led is not None and update_of(self._led).prev_height == known
        return self._led if is_from_there else None

    def _updates(
        self, former: SignedMessage | None, start: Height, target: Height
    ) -> tuple[AnyMessage, ...]:
        enclave = self._enclave_height()
        if enclave < start:
            self._trail.lead(enclave, start)
        steps = [*([former] if former else []), *self._trail.lead(start, target)]
        if not steps:
            return ()
        self._led = steps[0] if len(steps) == 1 else self._aggregate(steps)
        return (_client_message(self._led),)

    def _aggregate(self, steps: list[SignedMessage]) -> SignedMessage:
        return self._lights.aggregate(steps, self._key.address)

    def _feed(self, header: AnyMessage) -> SignedMessage:
        return self._lights.update_client(self._client.client_id, header, self._key.address)

    def _verify(self, claim: Claim, proof: bytes, height: Height) -> bytes:
        question = Question(IBC_PREFIX.key_prefix, claim.path, claim.value, height, proof)
        signed = self._lights.verify(self._client.client_id, question, self._key.address)
        return CommitmentProofs(signed.message, (signed.signature,)).encode()

    def _enclave_height(self) -> Height:
        found = self._lights.find_client(self._client.client_id)
        if found is None:
            name = self._client.client_id
            raise EnclaveLostException(f"the enclave has no client {name}: run `relayer handshake`")
        return height_of(found)

    # --- keys ---

    def key_to_register(self, client_id: str) -> AnyMessage | None:
        """The registration of the key that signs from now on. Raises FeatureLater."""
        if self._key.is_good:
            return None
        state = self._other.client_state(client_id)
        if state is not None and state.unpack(ClientState).operators:
            raise FeatureLater("clients with operators, several enclaves at once")
        return self._key.to_register(client_id)

    def doubt(self) -> None:
        """Have the key chosen anew."""
        self._key.forget()

    # --- beginning ---

    def prepare(self, client_id: str | None) -> None:
        """Make the client inside the enclave, or go on with it. Raises as the protocol says."""
        found = self._lights.find_client(self._client.client_id)
        if found is not None:
            self._require_canonical(found, height_of(found))
        if client_id is not None:
            self._take_over(client_id, found)
        elif found is None:
            self._create(self._origin.first_states())

    def _take_over(self, client_id: str, found: AnyMessage | None) -> None:
        """From the very state that the other chain's client holds."""
        known = self._other.latest_height(client_id)
        try:
            if found is not None:
                self._trail.require(known, height_of(found))
                return
            with telling_loss(f"from {known}"):
                self._create(states_at(self._origin, known))
        except EnclaveLostException as error:
            name, remedy = self._client.client_id, _OPEN_ANEW if found is None else _RENAME
            raise EnclaveLostException(
                f"the enclave's client {name} can't go on from {known}, which {client_id} holds: "
                f"{remedy} ({error})"
            ) from error

    def _create(self, states: tuple[AnyMessage, AnyMessage]) -> None:
        self._lights.create_client(self._client.client_id, states, self._key.address)

    def client_states(self) -> tuple[AnyMessage, AnyMessage]:
        """An LCP client at no height, and nothing that it holds."""
        state = ClientState(self._client.mrenclave, self._client.key_expiration)
        return AnyMessage.pack(state), AnyMessage.pack(ConsensusState())

    def activation(self) -> AnyMessage:
        """The enclave's newest step, with its state shown. Raises as the protocol says."""
        enclave = self._enclave_height()
        is_told = self._origin.now()[0] <= enclave
        signed = self._tell_again(enclave) if is_told else None
        if signed is None:
            signed = self._show(self._origin.header(self._newer_than(enclave), enclave))
        self._check(update_of(signed))
        return _client_message(signed)

    def _show(self, header: AnyMessage) -> SignedMessage:
        return self._lights.update_client(
            self._client.client_id, header, self._key.address, include_state=True
        )

    def _tell_again(self, height: Height) -> SignedMessage | None:
        """The step to what the enclave knows already: an earlier run's, which was never sent.

        A header names the height that judges it, which nobody remembers; it can't lie far below.
        """
        for back in range(1, min(_LOOK_BACK, height.revision_height) + 1):
            below = replace(height, revision_height=height.revision_height - back)
            try:
                return self._show(self._origin.header(height, below))
            except LcpRefusedException as error:
                if error.type_name != REFUSED_HEADER:
                    raise
        return None

    def fits(self, client_state: AnyMessage) -> bool:
        """Whether a client has our terms: what they were when it was made, and not frozen."""
        if client_state.type_url != ClientState.TYPE_URL:
            return False
        made = replace(client_state.unpack(ClientState), latest_height=ZERO_HEIGHT)
        return AnyMessage.pack(made) == self.client_states()[0]

    def is_ours(self, client_id: str) -> bool:
        """Whether what the client holds is what this chain says of itself."""
        height = self._other.latest_height(client_id)
        held = self._other.consensus_state(client_id, height)
        if height.is_zero or held is None:
            return False
        try:
            return held.unpack(ConsensusState).state_id == self._state_id(height)
        except ProofTooOldException:
            return False  # this chain has no such height

    def _newer_than(self, height: Height) -> Height:
        deadline = time.monotonic() + NEWER_SECONDS
        while (newest := self._origin.now()[0]) <= height:
            if time.monotonic() > deadline:
                raise ProofTooOldException(f"nothing newer than {height} has happened")
            time.sleep(_POLL_SECONDS)
        return newest

    def _check(self, update: UpdateState) -> None:
        """Hold an activation against the chain's own word."""
        for emitted in update.emitted_states:
            self._require_canonical(AnyMessage.decode(emitted.state), update.post_height)
        if update.post_state_id != self._state_id(update.post_height):
            raise StateMismatchException(f"the enclave holds another state at {update.post_height}")

    def _require_canonical(self, state: AnyMessage, height: Height) -> None:
        expected, _ = self._origin.state_at(height)
        if _canonical(state) != expected:
            raise StateMismatchException(
                f"the enclave's client {self._client.client_id} follows another chain, or is held "
                "to other terms"
            )

    def _state_id(self, height: Height) -> bytes:
        return state_id_of(*self._origin.state_at(height))


def _client_message(signed: SignedMessage) -> AnyMessage:
    return AnyMessage.pack(UpdateClientMessage(signed.message, (signed.signature,)))


def _canonical(state: AnyMessage) -> AnyMessage:
    read = read_state(state)
    if isinstance(read, QbftClientState):
        return AnyMessage.pack(canonical_qbft(read))
    return AnyMessage.pack(canonical_corda(read))
