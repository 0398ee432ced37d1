"""Events, with ibc-go's types and attribute keys: what relayers follow."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, with its attributes in ibc-go's order."""

    type: str
    attributes: tuple[tuple[str, str], ...]

    def __getitem__(self, key: str) -> str:
        """The value of an attribute. Raises: KeyError."""
        return dict(self.attributes)[key]


def event(type_: str, **attributes: object) -> Event:
    """An event; values are written as text."""
    return Event(type_, tuple((key, str(value)) for key, value in attributes.items()))
