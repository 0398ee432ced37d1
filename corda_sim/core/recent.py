"""A set that forgets the oldest of what it holds."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Recent(Generic[T]):
    """Holds the `most` that were added last; safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[T, None] = OrderedDict()

    def __contains__(self, item: T) -> bool:
        return item in self._items

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T) -> None:
        """Add one; the oldest goes when there are too many."""
        self._items[item] = None
        if len(self._items) > self._most:
            self._items.popitem(last=False)
