"""Leading an enclave's client, and with it the other chain's, from one height to another.

Nobody knows which heights an enclave has seen: it may be behind (restored, or another one) or ahead
(an earlier run fed it, and its updates never arrived). A header must be judged by the newest height
below it, and the validators may have changed on the way. Both are met by stopping halfway whenever
the enclave refuses a step. Each attempt aims lower than the one before, so that all searches end.
"""

from collections import deque
from typing import Final, Protocol

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.lcp.messages import UpdateState, decode_message
from corda_sim.lcp.elc_client import SignedMessage
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.errors import EnclaveLostException, StateMismatchException

REFUSED_HEADER: Final = "ErrInvalidHeader"


class Steps(Protocol):
    """Where headers come from."""

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        """What leads from `trusted` to `height`."""

    def between(self, low: Height, high: Height) -> Height | None:
        """A height on the way, if there is one."""


class Feed(Protocol):
    """Feeds a header to the enclave."""

    def __call__(self, header: AnyMessage, /) -> SignedMessage:
        """What the enclave signs of it."""


class RememberedSteps:
    """Stops first at heights that the enclave is known to have: nothing lies before the next one.

    That saves attempts while earlier updates are on their way. What is forgotten is searched for.
    """

    def __init__(self, steps: Steps, most: int = 64) -> None:
        self._steps = steps
        self._heights: deque[Height] = deque(maxlen=most)

    def remember(self, height: Height) -> None:
        """The enclave was led to a height."""
        if height not in self._heights:
            self._heights.append(height)

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        """As the steps beneath."""
        return self._steps.header(height, trusted)

    def between(self, low: Height, high: Height) -> Height | None:
        """The lowest remembered height between, else one of the steps beneath."""
        known = [one for one in self._heights if low < one < high]
        return min(known) if known else self._steps.between(low, high)


def update_of(signed: SignedMessage) -> UpdateState:
    """The update in a message. Raises StateMismatchException for misbehaviour."""
    message = decode_message(signed.message)
    if not isinstance(message, UpdateState):
        raise StateMismatchException("the enclave has found the chain to contradict itself")
    return message


def follow(steps: Steps, feed: Feed, known: Height, target: Height) -> list[SignedMessage]:
    """Messages that lead from `known` to `target`, each from where the former ends.

    Raises: LcpRefusedException for a header that the enclave doesn't take from any height,
    ProofTooOldException, EnclaveLostException, StateMismatchException.
    """
    at, messages = known, list[SignedMessage]()
    while at < target:
        signed = step(steps, feed, at, target)
        messages.append(signed)
        at = update_of(signed).post_height
    return messages


def step(steps: Steps, feed: Feed, at: Height, target: Height) -> SignedMessage:
    """The furthest step from `at` that the enclave takes. Raises: as `follow`."""
    is_fed = False
    while True:
        try:
            signed = feed(steps.header(target, at))
        except LcpRefusedException as error:
            middle = steps.between(at, target)
            if error.type_name != REFUSED_HEADER or middle is None:
                raise
            target = middle
            continue
        before = _judged_by(signed, target)
        if before == at:
            return signed
        if at < before < target:
            target = before
            continue
        if is_fed:
            raise EnclaveLostException(f"the enclave goes on from {before}, the client holds {at}")
        feed(steps.header(at, before))  # restored, or made again: it never knew this height
        is_fed = True


def _judged_by(signed: SignedMessage, target: Height) -> Height:
    """The height that an update to `target` goes on from."""
    update = update_of(signed)
    if update.post_height != target:
        raise StateMismatchException(f"the enclave tells of {update.post_height}, not of {target}")
    return update.prev_height
