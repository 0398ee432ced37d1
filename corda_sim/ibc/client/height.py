"""Heights (ibc.core.client.v1.Height)."""

import dataclasses
import re
from typing import Annotated

from corda_sim.ibc.errors import ErrInvalidHeight
from corda_sim.ibc.protobuf import Field, Message

_TEXT = re.compile(r"(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})")


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Height(Message):
    """A revision and a number in it, ordered by revision first; (0, 0) means none."""

    revision_number: Annotated[int, Field(1)] = 0
    revision_height: Annotated[int, Field(2)] = 0

    @property
    def is_zero(self) -> bool:
        """Whether this is (0, 0)."""
        return not (self.revision_number or self.revision_height)

    @classmethod
    def parse(cls, text: str) -> "Height":
        """Read ``revision-number``. Raises: ErrInvalidHeight."""
        found = _TEXT.fullmatch(text)
        if found is None or max(numbers := tuple(map(int, found.groups()))) >> 64:
            raise ErrInvalidHeight(f"{text!r} is not of the form REVISION-NUMBER")
        return cls(*numbers)

    def __str__(self) -> str:
        return f"{self.revision_number}-{self.revision_height}"


ZERO_HEIGHT = Height()
