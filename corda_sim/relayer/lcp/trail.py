"""An enclave's client, from whichever height the other chain's client holds.

A client of an enclave is worth no more than its state, which goes with the machine. Another enclave
of the same measurement takes over where its client begins with the very state that the other
chain's client holds: state ids cover the followed chain's terms and its state at a height, not the
way there (solidity_stack 4.3).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.corda.types import ClientState as CordaClientState
from corda_sim.ibc.lightclients.qbft.types import ClientState as QbftClientState
from corda_sim.lcp.elc_client import SignedMessage
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.chain import Origin
from corda_sim.relayer.errors import EnclaveLostException
from corda_sim.relayer.lcp.following import REFUSED_HEADER, Feed, RememberedSteps, follow, step


def read_state(state: AnyMessage) -> QbftClientState | CordaClientState:
    """A client state as an enclave holds it. Raises: DecodeError."""
    if state.type_url == QbftClientState.TYPE_URL:
        return state.unpack(QbftClientState)
    return state.unpack(CordaClientState)


def height_of(state: AnyMessage) -> Height:
    """The newest height of such a state."""
    return read_state(state).latest_height or Height()


def states_at(origin: Origin, height: Height) -> tuple[AnyMessage, AnyMessage]:
    """What a client starts with that is to begin at a height. Raises: ProofTooOldException."""
    canonical, consensus = origin.state_at(height)
    return AnyMessage.pack(replace(read_state(canonical), latest_height=height)), consensus


class Trail:
    """Leads an enclave's client by `feed` over the headers of `origin`."""

    def __init__(self, origin: Origin, feed: Feed) -> None:
        self._steps, self._feed = RememberedSteps(origin), feed

    def lead(self, known: Height, target: Height) -> list[SignedMessage]:
        """As `follow`; remembers the target.

        Raises: LcpRefusedException, ProofTooOldException, EnclaveLostException when no header leads
        on from `known`.
        """
        with telling_loss(f"from {known} to {target}"):
            steps = follow(self._steps, self._feed, known, target)
        self._steps.remember(target)
        return steps

    def require(self, known: Height, enclave: Height) -> None:
        """Have an enclave that is at one height go on from another.

        Where it is ahead, a first step is enough: it took those after it once. Raises: as `lead`.
        """
        if enclave < known:
            self.lead(enclave, known)
        elif enclave > known:
            with telling_loss(f"from {known}"):
                step(self._steps, self._feed, known, enclave)


@contextmanager
def telling_loss(way: str) -> Iterator[None]:
    """Tell what a refused header says of the enclave. Raises: EnclaveLostException."""
    try:
        yield
    except LcpRefusedException as error:
        if error.type_name != REFUSED_HEADER:
            raise
        raise EnclaveLostException(f"the enclave doesn't lead on {way}: {error}") from error
