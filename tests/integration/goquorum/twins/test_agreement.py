"""The Solidity handler and our handlers agree on random sequences of messages."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.integration.goquorum.twins.pair import Twins
from tests.integration.goquorum.twins.steps import Step, openings, stories
from tests.integration.goquorum.twins.story import Story

pytestmark = pytest.mark.integration


def tell(twins: Twins, opened: int, steps: list[Step]) -> None:
    """Both take or refuse each message alike, and hold the same after each."""
    story = Story(twins)
    story.begin(opened)
    twins.assert_same_commitments()
    for name, arguments in steps:
        getattr(story, name)(**arguments)
        twins.assert_same_commitments()


def sample(fresh: Callable[[], Twins], examples: int, longest: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        # Without the tracer that explains a failure: it makes a step many times as slow.
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(openings, stories(longest))
    def agree(opened: int, steps: list[Step]) -> None:
        tell(fresh(), opened, steps)

    agree()


def test_they_agree_on_every_message_and_commitment(fresh: Callable[[], Twins]) -> None:
    sample(fresh, examples=30, longest=40)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_they_agree_on_many_more(fresh: Callable[[], Twins]) -> None:
    sample(fresh, examples=300, longest=60)
