"""The truth table of UniquenessProviderTests: inputs x references x window x replay."""

from itertools import product

import pytest

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.notary.errors import Conflict, ConsumedStateType, TimeWindowInvalid
from notary.decide import CommitRequest, Committed, Decision, Rejected, decide
from tests.unit.notary.support import EXPIRED, FUTURE, NOW, OPEN, ref, request, tx

SHAPES = list(product(["", "a"], ["", "r"]))


def one(
    asked: CommitRequest,
    spent: dict[StateRef, SecureHash] | None = None,
    committed: tuple[str, ...] = (),
) -> Decision:
    return decide([asked], spent or {}, frozenset(map(tx, committed)), NOW)[0]


def error_of(decision: Decision) -> object:
    assert isinstance(decision, Rejected)
    return decision.error


def conflict_of(decision: Decision) -> Conflict:
    error = error_of(decision)
    assert isinstance(error, Conflict)
    return error


def types_of(conflict: Conflict) -> dict[StateRef, ConsumedStateType]:
    return {state.ref: state.details.type for state in conflict.consumed_states}


@pytest.mark.parametrize("inputs", ["", "a", "ab"])
@pytest.mark.parametrize("references", ["", "r", "rs"])
@pytest.mark.parametrize("window", [None, OPEN])
def test_unspent_states_are_committed(
    inputs: str, references: str, window: TimeWindow | None
) -> None:
    asked = request("t", inputs, references, window)
    assert one(asked) == Committed(tx("t"), new=True)


@pytest.mark.parametrize("window", [EXPIRED, FUTURE])
@pytest.mark.parametrize(("inputs", "references"), SHAPES)
def test_outside_the_window_unspent_states_are_refused(
    inputs: str, references: str, window: TimeWindow
) -> None:
    asked = request("t", inputs, references, window)
    assert error_of(one(asked)) == TimeWindowInvalid(NOW, window)


@pytest.mark.parametrize("window", [None, OPEN, EXPIRED, FUTURE])
@pytest.mark.parametrize(("inputs", "references"), SHAPES)
def test_a_committed_transaction_is_signed_again_whatever_its_window(
    inputs: str, references: str, window: TimeWindow | None
) -> None:
    spent = dict.fromkeys(map(ref, inputs), tx("t"))
    asked = request("t", inputs, references, window)
    assert one(asked, spent, ("t",)) == Committed(tx("t"), new=False)


@pytest.mark.parametrize("window", [None, OPEN, EXPIRED])
@pytest.mark.parametrize("inputs", ["", "a"])
def test_a_committed_transaction_is_signed_again_after_its_reference_was_spent(
    inputs: str, window: TimeWindow | None
) -> None:
    spent = {ref("r"): tx("other"), **dict.fromkeys(map(ref, inputs), tx("t"))}
    asked = request("t", inputs, "r", window)
    assert one(asked, spent, ("t",)) == Committed(tx("t"), new=False)


def test_inputs_consumed_by_the_transaction_itself_are_enough_to_recognise_it() -> None:
    spent = {ref("a"): tx("t"), ref("r"): tx("other")}
    assert one(request("t", "a", "r"), spent) == Committed(tx("t"), new=False)


@pytest.mark.parametrize("window", [None, OPEN, EXPIRED])
def test_a_spent_input_is_a_conflict_before_the_window_is_looked_at(
    window: TimeWindow | None,
) -> None:
    conflict = conflict_of(one(request("t", "ab", "r", window), {ref("a"): tx("other")}))
    assert types_of(conflict) == {ref("a"): ConsumedStateType.INPUT_STATE}


@pytest.mark.parametrize("window", [None, OPEN, EXPIRED])
@pytest.mark.parametrize("inputs", ["", "a"])
def test_a_spent_reference_is_a_conflict_before_the_window_is_looked_at(
    inputs: str, window: TimeWindow | None
) -> None:
    conflict = conflict_of(one(request("t", inputs, "r", window), {ref("r"): tx("other")}))
    assert types_of(conflict) == {ref("r"): ConsumedStateType.REFERENCE_INPUT_STATE}


def test_a_conflict_names_every_state_and_the_hash_of_the_consuming_id_only() -> None:
    spent = {ref("a"): tx("x"), ref("b"): tx("y"), ref("r"): tx("z")}
    conflict = conflict_of(one(request("t", "ab", "r"), spent))
    hashes = [state.details.hash_of_transaction_id for state in conflict.consumed_states]
    assert hashes == [SecureHash.sha256(bytes(tx(name))) for name in "xyz"]
    assert str(tx("x")) not in conflict.describe()
    assert "Conflicting state count: 3" in conflict.describe()


def test_the_text_of_a_conflict_shows_five_states() -> None:
    spent = {ref(name): tx("x") for name in "abcdefg"}
    text = conflict_of(one(request("t", "abcdefg"), spent)).describe()
    assert text.count("StateConsumptionDetails(") == 5
    assert "),\n...." in text, "Kotlin's joinToString marks what it leaves out"


def test_the_conflict_type_comes_from_the_refused_request_alone() -> None:
    spent = {ref("a"): tx("x")}
    batch = [request("t", "a"), request("u", "b", "a")]
    first, second = decide(batch, spent, frozenset(), NOW)
    assert types_of(conflict_of(first)) == {ref("a"): ConsumedStateType.INPUT_STATE}
    assert types_of(conflict_of(second)) == {ref("a"): ConsumedStateType.REFERENCE_INPUT_STATE}


def test_a_state_wanted_as_input_and_reference_is_reported_once_as_input() -> None:
    conflict = conflict_of(one(request("t", "a", "a"), {ref("a"): tx("x")}))
    assert types_of(conflict) == {ref("a"): ConsumedStateType.INPUT_STATE}
    assert len(conflict.consumed_states) == 1


class TestWithinOneBatch:
    def test_the_first_of_two_that_want_a_state_wins(self) -> None:
        first, second = decide([request("t", "a"), request("u", "a")], {}, frozenset(), NOW)
        assert first == Committed(tx("t"))
        details = conflict_of(second).consumed_states[0].details
        assert details.hash_of_transaction_id == tx("t").re_hash()

    def test_a_reference_to_a_state_consumed_before_it_is_a_conflict(self) -> None:
        batch = [request("t", "a"), request("u", "b", "a")]
        assert isinstance(error_of(decide(batch, {}, frozenset(), NOW)[1]), Conflict)

    def test_a_reference_to_a_state_consumed_after_it_is_fine(self) -> None:
        batch = [request("u", "b", "a"), request("t", "a")]
        assert decide(batch, {}, frozenset(), NOW) == (Committed(tx("u")), Committed(tx("t")))

    def test_two_that_reference_each_others_inputs_cannot_both_win(self) -> None:
        batch = [request("t", "a", "b"), request("u", "b", "a")]
        first, second = decide(batch, {}, frozenset(), NOW)
        assert isinstance(first, Committed)
        assert isinstance(error_of(second), Conflict)

    @pytest.mark.parametrize(("inputs", "references"), SHAPES)
    def test_the_same_transaction_twice_has_one_result_and_consumes_once(
        self, inputs: str, references: str
    ) -> None:
        batch = [request("t", inputs, references)] * 2
        decisions = decide(batch, {}, frozenset(), NOW)
        assert decisions == (Committed(tx("t")), Committed(tx("t"), new=False))

    def test_the_same_transaction_twice_stays_committed_when_its_reference_goes_between(
        self,
    ) -> None:
        batch = [request("t", "a", "r"), request("u", "r"), request("t", "a", "r")]
        decisions = decide(batch, {}, frozenset(), NOW)
        assert all(isinstance(decision, Committed) for decision in decisions)

    def test_the_same_transaction_refused_twice_has_one_result(self) -> None:
        late = request("t", "a", window=EXPIRED)
        first, _, again = decide([late, request("u", "a"), late], {}, frozenset(), NOW)
        assert first == again
        assert isinstance(error_of(again), TimeWindowInvalid)

    def test_a_refused_transaction_consumes_nothing(self) -> None:
        batch = [request("t", "a", window=EXPIRED), request("u", "a")]
        assert decide(batch, {}, frozenset(), NOW)[1] == Committed(tx("u"))


def test_an_input_named_twice_counts_once() -> None:
    assert one(request("t", "aa")) == Committed(tx("t"))


def test_the_window_is_half_open() -> None:
    assert isinstance(one(request("t", "a", window=TimeWindow.from_only(NOW))), Committed)
    assert isinstance(one(request("t", "a", window=TimeWindow.until_only(NOW))), Rejected)
