"""Sequence numbers in the store: eight bytes, big-endian."""

from corda_sim.ibc.store import Store


def u64(number: int) -> bytes:
    """Eight bytes, big-endian."""
    return number.to_bytes(8, "big")


def read_number(store: Store, path: str) -> int | None:
    """The number at a path, if there is one."""
    found = store.get(path)
    return None if found is None else int.from_bytes(found, "big")


def next_number(store: Store, path: str) -> int:
    """The counter at a path, which starts at 0, counted up."""
    number = read_number(store, path) or 0
    store.set(path, u64(number + 1))
    return number
