"""Leading an enclave from height to height, against one that knows heights nobody told us of."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.lcp.messages import Misbehaviour, UpdateState, encode_message
from corda_sim.lcp.elc_client import SignedMessage
from corda_sim.lcp.errors import LcpRefusedException
from corda_sim.relayer.errors import EnclaveLostException, StateMismatchException
from corda_sim.relayer.lcp.following import RememberedSteps, follow, update_of


def at(number: int) -> Height:
    return Height(0, number)


@dataclass
class Enclave:
    """Knows some heights; a header names the one that judges it, which must be the newest below.

    `reach` is how far one step may go.
    """

    known: list[int]
    reach: int = 10**6
    halves: bool = True
    names: bool = True
    fed: list[tuple[int, int]] = field(default_factory=list)

    def header(self, height: Height, trusted: Height) -> AnyMessage:
        return AnyMessage(f"{height.revision_height}/{trusted.revision_height}")

    def between(self, low: Height, high: Height) -> Height | None:
        middle = (low.revision_height + high.revision_height) // 2
        return at(middle) if self.halves and middle > low.revision_height else None

    def feed(self, header: AnyMessage) -> SignedMessage:
        number, trusted = map(int, header.type_url.split("/"))
        self.fed.append((trusted, number))
        before = max((one for one in self.known if one < number), default=max(self.known))
        if (self.names and before != trusted) or number - before > self.reach:
            raise LcpRefusedException("ErrInvalidHeader", "judged by another")
        self.known.append(number)
        ids = (bytes([before]) * 32, bytes([number]) * 32)
        update = UpdateState(at(before), ids[0], at(number), ids[1], 1, None)
        return SignedMessage(encode_message(update), b"")


def steps(enclave: Enclave, known: int, target: int) -> list[tuple[int, int]]:
    found = map(update_of, follow(enclave, enclave.feed, at(known), at(target)))
    return [(one.prev_height.revision_height, one.post_height.revision_height) for one in found]


def test_one_step_where_nothing_lies_between() -> None:
    enclave = Enclave([3])
    assert steps(enclave, 3, 40) == [(3, 40)]
    assert enclave.fed == [(3, 40)]


def test_nothing_to_do_at_the_target() -> None:
    assert steps(Enclave([3]), 3, 3) == []


@pytest.mark.parametrize("ahead", [[20], [4], [39], [7, 8, 30], [38, 39, 40], [40]])
def test_an_enclave_that_is_ahead_tells_its_former_steps_again(ahead: list[int]) -> None:
    """Each step goes on from the last, and the whole from what the other chain knows."""
    found = steps(Enclave([3, *ahead]), 3, 40)
    assert (found[0][0], found[-1][1]) == (3, 40)
    assert all(one[1] == later[0] for one, later in pairwise(found))


@pytest.mark.parametrize("ahead", [[20], [7, 8, 30]])
def test_where_headers_name_nothing_the_answer_tells(ahead: list[int]) -> None:
    enclave = Enclave([3, *ahead], names=False, halves=False)
    assert steps(enclave, 3, 40) == list(zip([3, *ahead], [*ahead, 40], strict=True))


def test_a_validator_set_that_changed_is_reached_in_smaller_steps() -> None:
    found = steps(Enclave([3], reach=10), 3, 40)
    assert max(high - low for low, high in found) <= 10
    assert (found[0][0], found[-1][1]) == (3, 40)


def test_a_header_that_is_refused_from_the_next_height_is_refused() -> None:
    with pytest.raises(LcpRefusedException, match="judged by another"):
        steps(Enclave([3], reach=0), 3, 40)


def test_another_refusal_is_not_searched_around() -> None:
    enclave = Enclave([3])

    def frozen(header: AnyMessage) -> SignedMessage:
        enclave.fed.append((0, 0))
        raise LcpRefusedException("ErrClientFrozen", header.type_url)

    with pytest.raises(LcpRefusedException, match="40/3"):
        follow(enclave, frozen, at(3), at(40))
    assert len(enclave.fed) == 1


def test_an_enclave_that_never_knew_the_height_is_told_of_it() -> None:
    """It went on from below: only after that does a message lead on from what the other holds."""
    enclave = Enclave([2, 40], names=False, halves=False)
    assert steps(enclave, 3, 41) == [(3, 40), (40, 41)]


def test_an_enclave_that_will_not_go_on_from_the_height_is_given_up() -> None:
    enclave = Enclave([2], names=False, halves=False)

    def stubborn(header: AnyMessage) -> SignedMessage:
        enclave.known = [2]
        return enclave.feed(header)

    with pytest.raises(EnclaveLostException, match="goes on from 0-2, the client holds 0-3"):
        follow(enclave, stubborn, at(3), at(40))


def test_an_enclave_that_begins_later_is_told_of_the_height() -> None:
    """Where no header needs a former one. Until then its answers go on from what lies ahead."""
    enclave = Enclave([20], names=False, halves=False)
    assert steps(enclave, 3, 40) == [(3, 20), (20, 40)]
    assert len(enclave.fed) == 5


@pytest.mark.parametrize("newest", [20, 40, 41])
def test_an_enclave_that_begins_later_and_forgets_the_height_is_given_up(newest: int) -> None:
    enclave = Enclave([newest], names=False, halves=False)

    def stubborn(header: AnyMessage) -> SignedMessage:
        enclave.known = [newest]
        return enclave.feed(header)

    with pytest.raises(
        EnclaveLostException, match=f"goes on from 0-{newest}, the client holds 0-3"
    ):
        follow(enclave, stubborn, at(3), at(40))
    assert len(enclave.fed) <= 4


def test_an_enclave_that_begins_later_refuses_headers_that_are_judged_by_former_ones() -> None:
    enclave = Enclave([20])
    with pytest.raises(LcpRefusedException, match="judged by another"):
        steps(enclave, 3, 40)
    assert len(enclave.fed) <= 6


def test_an_enclave_that_answers_of_another_height_is_not_believed() -> None:
    enclave = Enclave([3])
    lower = enclave.header(at(2), at(3))
    enclave.known.append(1)
    enclave.names = False
    with pytest.raises(StateMismatchException, match="tells of 0-2, not of 0-40"):
        follow(enclave, lambda _: enclave.feed(lower), at(3), at(40))


def test_what_is_remembered_saves_attempts() -> None:
    enclave = Enclave([3])
    remembered = RememberedSteps(enclave)
    for target in (20, 30):
        follow(remembered, enclave.feed, at(target - 10 if target > 20 else 3), at(target))
        remembered.remember(at(target))
    enclave.fed.clear()
    found = map(update_of, follow(remembered, enclave.feed, at(3), at(40)))
    assert [one.post_height for one in found] == [at(20), at(30), at(40)]
    assert enclave.fed == [(3, 40), (3, 20), (20, 40), (20, 30), (30, 40)]


def test_what_was_forgotten_is_searched_for() -> None:
    enclave = Enclave([3, 11, 12])
    remembered = RememberedSteps(enclave, most=1)
    for height in (11, 12, 12):
        remembered.remember(at(height))
    found = [update_of(one) for one in follow(remembered, enclave.feed, at(3), at(40))]
    assert (found[0].prev_height, found[-1].post_height) == (at(3), at(40))


def test_misbehaviour_is_no_update() -> None:
    evidence = SignedMessage(encode_message(Misbehaviour((), None, b"")), b"")
    with pytest.raises(StateMismatchException, match="contradict"):
        update_of(evidence)
