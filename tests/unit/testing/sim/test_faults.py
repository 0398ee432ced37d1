"""Single faults in fair weather: what the nodes make of each."""

from dataclasses import replace

import pytest

from corda_sim.flow.state import FlowStatus
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
from corda_sim.testing.sim.plan import PARTY_A, PARTY_B, Payment
from corda_sim.testing.sim.run import CALM, Simulator
from corda_sim.testing.sim.world import SimWorld
from corda_sim.testing.site import NOTARY

ISSUED = 2000
LEASE_SECONDS = 2.0


def payments(count: int, payer: str = PARTY_A, every: float = 0.02) -> tuple[Payment, ...]:
    payee = PARTY_B if payer == PARTY_A else PARTY_A
    return tuple(Payment(number, payer, payee, 3, number * every) for number in range(count))


def balance(world: SimWorld, name: str) -> int:
    process = world.nodes[name].active()
    assert process is not None
    return sum(amount.quantity for amount in process.hub.vault.balances())


def run(
    simulator: Simulator,
    *faults: Fault,
    paid: tuple[Payment, ...] = payments(5),
    broker: bool = False,
) -> SimWorld:
    """A world in which all payments were made once, whatever happened."""
    plan = replace(CALM, faults=faults, payments=paid, broker=broker)
    world = simulator.world(plan, traced=True)
    assert world.run() == []
    sent = sum(one.yen if one.payer == PARTY_A else -one.yen for one in paid)
    assert (balance(world, PARTY_A), balance(world, PARTY_B)) == (ISSUED - sent, ISSUED + sent)
    return world


def happened(world: SimWorld, what: str) -> list[str]:
    return [line for line in world.history.lines if what in line]


@pytest.mark.parametrize("broker", [False, True], ids=["embedded", "broker"])
@pytest.mark.parametrize("node", [PARTY_A, PARTY_B, NOTARY])
def test_a_killed_node_goes_on(simulator: Simulator, node: str, broker: bool) -> None:
    world = run(simulator, Kill(node, 0.03), broker=broker)

    assert len(happened(world, "dies: killed")) == 1
    assert happened(world, f"{node}#")


def test_a_standby_takes_over_from_a_frozen_holder(simulator: Simulator) -> None:
    world = run(simulator, Freeze(PARTY_A, 0.03, 6.0))

    holder, standby = happened(world, "PartyA#0  works")[0], happened(world, "PartyA#1  works")[0]
    assert "epoch 2" in holder
    assert "epoch 3" in standby
    assert LEASE_SECONDS * 1000 < milliseconds(standby) < 5_000
    assert len(happened(world, "dies: FencedException")) == 1


def milliseconds(line: str) -> float:
    return float(line.split(" ms", maxsplit=1)[0])


def test_a_holder_that_wakes_in_time_goes_on(simulator: Simulator) -> None:
    world = run(simulator, Freeze(PARTY_A, 0.03, 1.0))

    assert happened(world, "PartyA#0  wakes")
    assert not happened(world, "PartyA#1  works")


@pytest.mark.parametrize("commit", [1, 2, 3])
def test_a_holder_frozen_in_its_transaction_commits_nothing_any_more(
    simulator: Simulator, commit: int
) -> None:
    world = run(simulator, FreezeInCommit(PARTY_A, 0.01, commit, 6.0))

    (woke,) = happened(world, "PartyA#0  wakes")
    (died,) = happened(world, "PartyA#0  dies: FencedException")
    lines = world.history.lines
    between = lines[lines.index(woke) : lines.index(died)]
    assert not [line for line in between if "PartyA  commits" in line]


@pytest.mark.parametrize("happens", [False, True])
@pytest.mark.parametrize("commit", [1, 2, 3])
def test_a_commit_of_unknown_outcome_ends_the_process(
    simulator: Simulator, commit: int, happens: bool
) -> None:
    world = run(simulator, LostAnswer(PARTY_B, 0.01, commit, happens))

    assert len(happened(world, "dies: CommitOutcomeUnknown")) == 1


def test_a_lost_database_is_waited_for(simulator: Simulator) -> None:
    world = run(simulator, NoDatabase(NOTARY, 0.02, 3.0))

    assert not happened(world, "dies")
    assert happened(world, "has its database again")


def test_a_storm_delays_and_loses_nothing(simulator: Simulator) -> None:
    world = run(simulator, Storm(0.0, 2.0, 0.5, 0.5))

    sent, taken = happened(world, "sends"), happened(world, "receives")
    assert len(sent) > len({line.split()[-1] for line in sent})
    assert len(taken) > len({line.split()[-1] for line in taken})


def test_a_node_dies_where_its_trap_is(simulator: Simulator) -> None:
    world = run(simulator, CrashAt(PARTY_B, CrashPoint.AFTER_COMMIT, 2))

    assert happened(world, "PartyB#2  dies: at after_commit")


def test_one_poison_flow_among_many_goes_to_hospital_alone(simulator: Simulator) -> None:
    paid = payments(199, every=0.001)
    world = run(simulator, Poison(PARTY_A, 0.1), paid=paid)

    ended = [client for client in world.clients if client.ended is not None]
    assert len(ended) == len(paid)
    process = world.nodes[PARTY_A].active()
    assert process is not None
    (ill,) = process.manager.flows.values()
    assert ill.status is FlowStatus.HOSPITALIZED
    assert ill.start.flow_class == "corda_sim.sim.PoisonFlow"


@pytest.mark.parametrize("node", [PARTY_B, NOTARY])
@pytest.mark.parametrize("broker", [False, True], ids=["embedded", "broker"])
def test_what_comes_while_draining_runs_once_after_it(
    simulator: Simulator, node: str, broker: bool
) -> None:
    drain = DrainAndKill(node, at=0.0, kill_after=0.5, off_after=3.0)
    world = run(simulator, drain, paid=payments(3, every=0.1), broker=broker)

    order, end = happened(world, "is to drain")[0], happened(world, "is to drain no longer")[0]
    assert milliseconds(order) < milliseconds(end)
    assert happened(world, "dies: killed while draining")
    assert all(milliseconds(line) > milliseconds(end) for line in happened(world, "payment-"))
