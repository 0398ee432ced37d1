"""One direction: what one chain proves is brought to the other, batch by batch."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from corda_sim.core.errors import CordaError
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgUpdateClient
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.backlog import Backlog, Item
from corda_sim.relayer.chain import Chain
from corda_sim.relayer.errors import EnclaveLostException, NothingToProveException
from corda_sim.relayer.figures import RelayerFigures
from corda_sim.relayer.outcomes import Outcome, Submission, Verdict
from corda_sim.relayer.prover import Prover
from corda_sim.relayer.work import Kind, Work, still_to_do

LOGGER = logging.getLogger(__name__)
BATCH: Final = 100
"""How many packets one batch brings at most."""

_IBC_ERROR: Final = "Err"


@dataclass(frozen=True, slots=True)
class Route:
    """From one chain, proven by `prover`, to its client on another."""

    source: Chain
    target: Chain
    prover: Prover
    client_id: str


@dataclass(slots=True)
class _Batch:
    """Items on their way, and the height that the client knows with them."""

    items: list[Item]
    height: Height
    submission: Submission


class Direction:
    """Works on one thread; `add` and `wake` may be called from any."""

    def __init__(
        self,
        route: Route,
        figures: RelayerFigures,
        clock: Callable[[], float],
    ) -> None:
        self.route = route
        self.backlog = Backlog(clock)
        self.on_elapsed: Callable[[Work], None] = lambda _: None
        self._figures, self._clock = figures, clock
        self._flying: list[_Batch] = []
        self._ended: SimpleQueue[_Batch | None] = SimpleQueue()
        self._known: Height | None = None
        self._is_suspect = False

    def add(self, works: Iterable[Work], *, suspect: bool = False, age: float = 0.0) -> None:
        """Give it work, `age` seconds old; a suspect may be done already."""
        self.backlog.add(works, suspect=suspect, age=age)
        self.wake()

    def wake(self) -> None:
        """Have it look whether there is something to do."""
        self._ended.put(None)

    def wait(self, seconds: float) -> None:
        """Until something has happened or is due, or time is up."""
        due = self.backlog.next_due()
        try:
            ended = self._ended.get(timeout=seconds if due is None else min(due, seconds))
        except Empty:
            return
        if ended is not None:
            self._settle(ended)

    def step(self) -> None:
        """Send what is due. A failure is noted; what failed is tried again."""
        self._sift()
        while items := self.backlog.take(BATCH):
            try:
                self._send(items)
            except CordaError as error:
                self._fail(items, error)
        self._figures.backlog(self.route.source.name, self.backlog.sizes())

    def _sift(self) -> None:
        """Drop at once what an earlier run has done: with a long history that is nearly all."""
        old = self.backlog.old()
        if len(old) <= BATCH:
            return
        try:
            self.backlog.clear(self._still_ready(old))
        except CordaError as error:
            self._fail([], error)

    def retire_landed(self) -> None:
        """Forget what the other chain holds, though nobody has said so.

        A flow ends when every party of the host has its transaction, and one may be away for long.
        """
        sent = self.backlog.long_underway()
        if sent:
            works = [one.work for one in sent]
            lacking = {one.key for one in still_to_do(works, self.route.source, self.route.target)}
            self.backlog.done(one for one in sent if one.work.key not in lacking)

    def retire_elapsed(self) -> None:
        """Pass on packets that failed and can't be received any more: their sender is told so."""
        waiting = [one for one in self.backlog.stuck() if _may_elapse(one.work)]
        if not waiting:
            return
        height, timestamp = self.route.target.now()
        gone = [one for one in waiting if one.work.packet.has_elapsed(height, timestamp)]
        self.backlog.done(gone)
        for item in gone:
            self.on_elapsed(Work(Kind.TIMEOUT, item.work.packet))

    # --- sending ---

    def refresh(self) -> None:
        """Tell the client of a newer height and of a key, so that neither ends unused."""
        try:
            self._bring([])
        except CordaError as error:
            self._fail([], error)

    def _send(self, items: list[Item]) -> None:
        ready = self._still_ready(items)
        if ready:
            self._bring(ready)

    def _bring(self, items: list[Item]) -> None:
        if self._known is None or self._is_suspect:
            self._known, self._is_suspect = self._held(self._known), False
        registration = self.route.prover.key_to_register(self.route.client_id)
        proven = self.route.prover.prove([one.work.claim for one in items], self._known)
        told = (registration, *proven.updates) if registration else proven.updates
        updates = [MsgUpdateClient(self.route.client_id, one) for one in told]
        pairs = zip(items, proven.proofs, strict=True)
        messages = [item.work.message(proof, proven.height) for item, proof in pairs]
        if updates or messages:
            submission = self.route.target.submit(updates, messages)
            self._note(_Batch(items, proven.height, submission))
        if self.route.target.is_ordered:
            self._learn(proven.height)

    def _held(self, former: Height | None) -> Height:
        """A height that the client does know: on Corda still the former one, where it does."""
        target, client_id = self.route.target, self.route.client_id
        if former is None or target.is_ordered or not target.consensus_state(client_id, former):
            return target.latest_height(client_id)
        return former

    def _learn(self, height: Height) -> None:
        """Go on from a height that the client knows, or will before anything that is sent from now.

        On Corda that is one that an update by itself brought: what goes on from a packet's drags
        that packet's whole exchange behind it, for every node to resolve.
        """
        if self._known is not None:
            self._known = max(self._known, height)

    def _note(self, batch: _Batch) -> None:
        self._flying.append(batch)
        for item in batch.items:
            lag = self._clock() - item.since
            self._figures.submitted(self.route.source.name, item.work.kind, lag)
        batch.submission.when_done(lambda: self._ended.put(batch))

    def _still_ready(self, items: list[Item]) -> list[Item]:
        """Without what is done already, or out of time."""
        suspects = [one for one in items if one.suspect]
        if not suspects:
            return items
        works = [one.work for one in suspects]
        lacking = {one.key for one in still_to_do(works, self.route.source, self.route.target)}
        self.backlog.done(one for one in suspects if one.work.key not in lacking)
        late = self._late([one for one in suspects if one.work.key in lacking])
        self.backlog.done(late)
        for item in late:
            self.on_elapsed(Work(Kind.TIMEOUT, item.work.packet))
        gone = {one.work.key for one in late} | {one.key for one in works} - lacking
        return [one for one in items if one.work.key not in gone]

    def _late(self, items: Sequence[Item]) -> list[Item]:
        timed = [one for one in items if _may_elapse(one.work)]
        if not timed:
            return []
        height, timestamp = self.route.target.now()
        return [one for one in timed if one.work.packet.has_elapsed(height, timestamp)]

    def _fail(self, items: Sequence[Item], error: CordaError) -> None:
        LOGGER.warning(
            "from %s: %d not sent: %s: %s",
            self.route.source.name,
            len(items),
            type(error).__name__,
            error,
        )
        self._figures.failed(self.route.source.name, error)
        self._doubt()
        self.backlog.failed(items, str(error), counts=_may_be_the_works(error))

    def _doubt(self) -> None:
        """Ask the other chain anew what its client knows."""
        self._known = None
        self.route.prover.doubt()

    # --- what became of it ---

    def _settle(self, batch: _Batch) -> None:
        self._flying.remove(batch)
        for item, outcome in zip(batch.items, batch.submission.outcomes(), strict=True):
            self._judge(item, outcome)
        if not batch.items:
            self._learn(batch.height)

    def _judge(self, item: Item, outcome: Outcome) -> None:
        name, work = self.route.source.name, item.work
        self._figures.ended(name, work.kind, outcome.verdict)
        told = (work.kind.value, name, work.key[1], outcome.verdict.value, outcome.transaction)
        LOGGER.info("%s of %s %s: %s in %s", *told)
        if outcome.is_done:
            self.backlog.done([item])
            return
        LOGGER.warning("%s of %s %s: %s", work.kind.value, name, work.key[1], outcome.reason)
        self._is_suspect = True
        self.route.prover.doubt()
        if outcome.verdict is Verdict.PERMANENT:
            self.backlog.park(item, outcome.reason)
        else:
            self.backlog.failed([item], outcome.reason, counts=True)


def _may_be_the_works(error: CordaError) -> bool:
    """Whether a packet may be the cause: the surroundings' errors pass with time.

    A lost enclave's doesn't pass by itself: parked packets tell of it.
    """
    if isinstance(error, LcpRefusedException):
        return error.type_name.startswith(_IBC_ERROR)
    return isinstance(error, NothingToProveException | EnclaveLostException)


def _may_elapse(work: Work) -> bool:
    return work.kind is Kind.RECEIVE
