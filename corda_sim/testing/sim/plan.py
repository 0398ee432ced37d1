"""What happens in a world: its payments and faults, drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from corda_sim.node.crash import CrashPoint
from corda_sim.testing.sim.faults import (
    CrashAt,
    DrainAndKill,
    Fault,
    Freeze,
    FreezeInCommit,
    Kill,
    LostAnswer,
    NoDatabase,
    Poison,
    Storm,
)
from corda_sim.testing.site import NOTARY

PARTY_A, PARTY_B = "PartyA", "PartyB"
MIN_PAYMENTS, MIN_FAULTS = 20, 3
LOAD_SECONDS = 0.15
NODES = (PARTY_A, PARTY_B, NOTARY)
_POINTS = tuple(
    point
    for point in CrashPoint
    if point not in {CrashPoint.NOTARY_AFTER_COMMIT, CrashPoint.NOTARY_BEFORE_HEAD}
)


@dataclass(frozen=True, slots=True)
class Payment:
    """`payer` pays `payee` so many yen; it begins `at` seconds after the start of the load."""

    number: int
    payer: str
    payee: str
    yen: int
    at: float

    @property
    def client_id(self) -> str:
        """What its client asks for the outcome by."""
        return f"payment-{self.number}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One world.

    `broker`: messages lie in a queue at the receiver, else at their sender; `reload` rebuilds flows
    from their journals at every suspend; `calm`: the network loses, doubles and reorders nothing.
    """

    seed: int
    payments: tuple[Payment, ...]
    faults: tuple[Fault, ...]
    broker: bool = False
    reload: bool = False
    calm: bool = False

    @classmethod
    def draw(cls, seed: int) -> "Plan":
        """The plan of a seed."""
        random = Random(seed)  # noqa: S311 - repeatable on purpose
        payments = tuple(
            _payment(random, number) for number in range(MIN_PAYMENTS + random.randrange(5))
        )
        count = MIN_FAULTS + random.randrange(4)
        faults = tuple(random.choice(_DRAWN)(random) for _ in range(count))
        return cls(seed, payments, faults, random.random() < 0.5, random.random() < 0.03)


def _payment(random: Random, number: int) -> Payment:
    payer, payee = random.sample((PARTY_A, PARTY_B), 2)
    return Payment(number, payer, payee, 1 + random.randrange(40), _moment(random))


def _moment(random: Random) -> float:
    return round(random.random() * LOAD_SECONDS, 6)


def _kill(random: Random) -> Fault:
    return Kill(random.choice(NODES), _moment(random))


def _crash(random: Random) -> Fault:
    node = random.choice(NODES)
    points = tuple(CrashPoint) if node == NOTARY else _POINTS
    return CrashAt(node, random.choice(points), 1 + random.randrange(12), _moment(random))


def _freeze(random: Random) -> Fault:
    return Freeze(PARTY_A, _moment(random), 0.3 + random.random() * 6)


def _freeze_in_commit(random: Random) -> Fault:
    seconds = 0.3 + random.random() * 6
    return FreezeInCommit(PARTY_A, _moment(random), 1 + random.randrange(6), seconds)


def _storm(random: Random) -> Fault:
    return Storm(_moment(random), random.random() * 2, random.random() * 0.5, random.random() * 0.5)


def _lost_answer(random: Random) -> Fault:
    happens = random.random() < 0.5
    return LostAnswer(random.choice(NODES), _moment(random), 1 + random.randrange(4), happens)


def _no_database(random: Random) -> Fault:
    return NoDatabase(random.choice(NODES), _moment(random), random.random() * 3)


def _poison(random: Random) -> Fault:
    return Poison(random.choice((PARTY_A, PARTY_B)), _moment(random))


def _drain(random: Random) -> Fault:
    kill_after = random.random() * 0.5
    node = random.choice(NODES)
    return DrainAndKill(node, _moment(random), kill_after, kill_after + random.random() * 3)


_DRAWN: tuple[Callable[[Random], Fault], ...] = (
    _kill,
    _crash,
    _crash,
    _freeze,
    _freeze_in_commit,
    _storm,
    _lost_answer,
    _no_database,
    _poison,
    _drain,
)
