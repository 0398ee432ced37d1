"""Journals of the library's flows as they run in the field still replay: same requests and sends.

`tests/golden/record.py` writes them; a flow that fails here needs `patch()`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from corda_sim.flow.journal import decode_journal
from corda_sim.flow.live import LiveFlow
from corda_sim.flow.machine import Finished
from corda_sim.flow.replay import Replayer
from corda_sim.flow.responder import open_responder
from corda_sim.testing.mock_network import MockNetwork
from tests.golden.record import play

JOURNALS = sorted((Path(__file__).parents[2] / "golden" / "journals").glob("*.json"))


@pytest.fixture(scope="module")
def network() -> Iterator[MockNetwork]:
    with MockNetwork(seed=20260101) as made:
        play(made)
        yield made


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_the_journal_replays_to_its_end(network: MockNetwork, path: Path) -> None:
    kept = json.loads(path.read_text())
    manager = network[kept["node"]].manager
    rows = ([bytes.fromhex(row) for row in kept[kind]] for kind in ("steps", "messages"))
    journal = decode_journal(kept["flow_id"], 0, *rows)
    flow = LiveFlow(journal.flow_id, journal.start)
    machine = manager.machine_for(flow, manager.logic_of(journal.start))
    for record in journal.messages:
        party = manager.services.party_of_key(record.sender_key)
        if party is not None:
            machine.senders[record.sender_key] = party
    open_responder(machine)
    assert isinstance(Replayer(machine, journal).run(), Finished)
