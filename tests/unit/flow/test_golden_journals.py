"""Journals of the library's flows as they run in the field still replay: same requests and sends.

`tests/golden/record.py` writes them; a flow that fails here needs `patch()`.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from corda_sim.flow.errors import FlowReplayError
from corda_sim.flow.journal import FlowJournal, decode_journal
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.machine import Finished, FlowMachine
from corda_sim.flow.replay import Replayer
from corda_sim.flow.responder import open_responder
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.testing.mock_network import MockNetwork
from tests.golden.record import DIRECTORY, KINDS, make_network, play

JOURNALS = sorted(DIRECTORY.glob("*/*.json"))
BRIDGE = ("corda_sim.bridge.", "corda_sim.cross.", "corda_sim.dvp.", "corda_sim.ibc.")
"""Its contracts are all of IBC and Cross, and with each change of it every reference in a journal
changes: these are recorded with the release that freezes them."""
Kept = dict[str, Any]
Networks = Callable[[str], MockNetwork]


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.fixture(scope="module")
def networks() -> Iterator[Networks]:
    made: list[MockNetwork] = []

    @cache
    def network(kind: str) -> MockNetwork:
        played = make_network(validating=kind == KINDS[0])
        made.append(played)
        play(played)
        return played

    yield network
    for one in made:
        one.stop_nodes()


def journal_of(kept: Kept) -> FlowJournal:
    rows = ([bytes.fromhex(row) for row in kept[part]] for part in ("steps", "messages"))
    return decode_journal(kept["flow_id"], 0, *rows)


def machine_for(network: MockNetwork, kept: Kept) -> FlowMachine:
    journal, manager = journal_of(kept), network[kept["node"]].manager
    flow = LiveFlow(journal.flow_id, journal.start)
    machine = manager.machine_for(flow, manager.logic_of(journal.start))
    for record in journal.messages:
        party = manager.services.party_of_key(record.sender_key)
        if party is not None:
            machine.senders[record.sender_key] = party
    open_responder(machine)
    return machine


@pytest.mark.parametrize("path", JOURNALS, ids=name_of)
def test_the_journal_replays_to_its_end(networks: Networks, path: Path) -> None:
    kept = json.loads(path.read_text())
    machine = machine_for(networks(path.parent.name), kept)
    assert isinstance(Replayer(machine, journal_of(kept)).run(), Finished)


@pytest.mark.parametrize("path", JOURNALS, ids=name_of)
def test_a_journal_cut_after_any_step_replays_to_where_it_was_cut(
    networks: Networks, path: Path
) -> None:
    """A crash leaves a prefix: it asks for what the next step was resumed from."""
    kept = json.loads(path.read_text())
    whole = journal_of(kept)
    for length in range(1, len(whole.steps)):
        machine = machine_for(networks(path.parent.name), kept)
        cut = FlowJournal(whole.flow_id, whole.start, whole.steps[:length], whole.messages)
        outcome = Replayer(machine, cut).run()
        assert not isinstance(outcome, Finished)
        assert machine.state.step == length
        assert machine.state.waiting is not None
        assert machine.state.waiting.describe() == whole.steps[length - 1].request
        machine.stop()


@pytest.mark.parametrize("path", JOURNALS, ids=name_of)
def test_a_journal_whose_last_digest_differs_is_refused(networks: Networks, path: Path) -> None:
    kept = json.loads(path.read_text())
    whole = journal_of(kept)
    last = whole.steps[-1]
    changed = type(last)(last.resume, last.inputs, last.request, b"\0" * 32, last.opened)
    forged = FlowJournal(whole.flow_id, whole.start, (*whole.steps[:-1], changed), whole.messages)
    machine = machine_for(networks(path.parent.name), kept)
    with pytest.raises(FlowReplayError, match="other messages"):
        Replayer(machine, forged).run()


@pytest.mark.parametrize("kind", KINDS)
def test_every_flow_that_runs_by_itself_has_a_journal(kind: str) -> None:
    recorded = {path.stem.partition("-")[2] for path in JOURNALS if path.parent.name == kind}
    flows = [flow for app in installed_cordapps() for flow in app.flows]
    expected = {flow.flow_name for flow in flows if flow.is_startable_by_rpc or flow.answers}
    assert expected
    assert {name for name in expected - recorded if not name.startswith(BRIDGE)} == set()
