"""Inputs that flows of earlier releases didn't journal: `FlowContext.record_since`."""

import pytest

from corda_sim.core.errors import IllegalStateError
from corda_sim.flow.context import FAILED, FlowContext
from corda_sim.flow.errors import FlowReplayError, keep_error
from corda_sim.flow.journal import Input
from tests.unit.states.ledger import ALICE

ASKED = Input("clock", b"7")


def context(*replayed: Input, live: bool = False) -> FlowContext:
    made = FlowContext("flow", bytes(32), ALICE, 1_000)
    made.begin_step(1, None if live else replayed)
    return made


def answer(of: FlowContext) -> bytes:
    return of.record_since("new", lambda: b"now", lambda: b"before")


def test_a_flow_that_runs_journals_it() -> None:
    running = context(live=True)
    assert answer(running) == b"now"
    assert running.end_step()[1] == (Input("new", b"now"),)


def test_a_replay_takes_it_from_the_journal() -> None:
    replaying = context(Input("new", b"then"))
    assert answer(replaying) == b"then"
    assert replaying.end_step()[1] == (Input("new", b"then"),)


def test_so_it_does_with_an_error() -> None:
    with pytest.raises(IllegalStateError, match="none"):
        answer(context(Input("new" + FAILED, keep_error(IllegalStateError("none")))))


def test_an_older_journal_has_none_and_goes_on_with_what_it_has() -> None:
    replaying = context(ASKED)
    assert answer(replaying) == b"before"
    assert replaying.record("clock", bytes) == b"7"
    assert replaying.end_step()[1] == (ASKED,)


def test_other_inputs_are_still_compared() -> None:
    replaying = context(Input("signature", b"s"))
    assert answer(replaying) == b"before"
    with pytest.raises(FlowReplayError, match="the input 'signature'"):
        replaying.record("clock", bytes)
