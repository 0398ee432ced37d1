"""Composite keys: a tree of weighted keys with thresholds (net.corda.core.crypto.CompositeKey)."""

from collections.abc import Iterable
from functools import cached_property
from typing import Self

from corda_sim.core.crypto import der
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import DecodeError, IllegalArgumentError, IllegalStateError

_OID = der.oid((2, 25, 30086077608615255153862931087626791002))
_ALGORITHM = der.sequence(_OID)
_MAX_INT = 2**31 - 1
MAX_DEPTH = 16
"""Levels that a composite key may have."""

Child = tuple[PublicKey, int]


def _check_weight(weight: int) -> None:
    if weight <= 0:
        raise IllegalArgumentError("Weight of a child node must be a positive integer.")


def _depth(key: PublicKey) -> int:
    return key.depth if isinstance(key, CompositeKey) else 0


class CompositeKey(PublicKey):
    """A key that is fulfilled when its children's weights reach the threshold.

    Children are ordered by descending weight, then by encoding. Raises IllegalArgumentError for a
    tree against Corda's rules. A key can't be its own descendant, since keys don't change.
    """

    threshold: int
    children: tuple[Child, ...]
    depth: int

    def __init__(self, threshold: int, children: Iterable[Child]) -> None:
        ordered = tuple(sorted(children, key=lambda c: (-c[1], c[0].encoded)))
        depth = 1 + max((_depth(key) for key, _ in ordered), default=0)
        vars(self).update(threshold=threshold, children=ordered, depth=depth)
        self._check()
        super().__init__(self._encode(), SignatureScheme.COMPOSITE)

    def _check(self) -> None:
        total = sum(weight for _, weight in self.children)
        if len(set(self.children)) < len(self.children):
            raise IllegalArgumentError("CompositeKey with duplicated child nodes detected.")
        if len(self.children) < 2:
            raise IllegalArgumentError("CompositeKey must consist of two or more child nodes.")
        for _, weight in self.children:
            _check_weight(weight)
        if total > _MAX_INT:
            raise IllegalArgumentError("Weights of a CompositeKey add up to more than an Int.")
        if self.depth > MAX_DEPTH:
            raise IllegalArgumentError(f"CompositeKey of more than {MAX_DEPTH} levels.")
        if self.threshold <= 0:
            raise IllegalArgumentError(
                f"CompositeKey threshold is set to {self.threshold}, but it should be a positive "
                f"integer."
            )
        if self.threshold > total:
            raise IllegalArgumentError(
                f"CompositeKey threshold: {self.threshold} cannot be bigger than aggregated weight "
                f"of child nodes: {total}"
            )

    def _encode(self) -> bytes:
        nodes = (
            der.sequence(der.bit_string(key.encoded) + der.integer(weight))
            for key, weight in self.children
        )
        body = der.sequence(der.integer(self.threshold) + der.sequence(b"".join(nodes)))
        return der.sequence(_ALGORITHM + der.bit_string(body))

    @cached_property
    def keys(self) -> frozenset[PublicKey]:
        """All leaf keys."""
        return frozenset(leaf for key, _ in self.children for leaf in key.keys)

    def is_fulfilled_by(self, keys: Iterable[PublicKey]) -> bool:
        """Whether leaf `keys` reach the threshold; False when one of them is composite."""
        given = set(keys)
        if any(isinstance(key, CompositeKey) for key in given):
            return False
        return self._weight(given) >= self.threshold

    def _weight(self, given: set[PublicKey]) -> int:
        return sum(weight for key, weight in self.children if key.is_fulfilled_by(given))


class CompositeKeyBuilder:
    """Collects children (CompositeKey.Builder)."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def add_key(self, key: PublicKey, weight: int = 1) -> Self:
        """Add a child; IllegalArgumentError unless its weight is positive."""
        _check_weight(weight)
        self._children.append((key, weight))
        return self

    def add_keys(self, *keys: PublicKey) -> Self:
        """Add children of weight 1."""
        self._children.extend((key, 1) for key in keys)
        return self

    def build(self, threshold: int | None = None) -> PublicKey:
        """The key; all children are needed without a threshold; a single child stands for itself.

        Raises IllegalStateError without children, IllegalArgumentError for a bad threshold.
        """
        if not self._children:
            raise IllegalStateError("Trying to build CompositeKey without child nodes.")
        if len(self._children) == 1:
            key, weight = self._children[0]
            if threshold not in (None, weight):
                raise IllegalArgumentError(
                    f"Trying to build invalid CompositeKey, threshold value different than weight "
                    f"of single child node: {threshold}"
                )
            return key
        total = sum(weight for _, weight in self._children)
        return CompositeKey(total if threshold is None else threshold, self._children)


def is_composite(encoded: bytes) -> bool:
    """Whether a SubjectPublicKeyInfo names the composite algorithm."""
    return _ALGORITHM in encoded[: len(_ALGORITHM) + 8]


def decode(encoded: bytes, depth: int = 0) -> PublicKey:
    """The composite key of a SubjectPublicKeyInfo; DecodeError unless it is the canonical form."""
    if depth >= MAX_DEPTH:
        raise DecodeError("A composite key nested too deeply")
    try:
        outer = der.Reader(encoded).only_sequence()
        outer.expect(_ALGORITHM)
        body = der.Reader(outer.bit_string()).only_sequence()
        threshold = body.integer()
        children = _children(body.sequence(), depth)
        key = CompositeKey(threshold, children)
    except IllegalArgumentError as error:
        raise DecodeError(f"Not a composite key: {error}") from error
    if key.encoded != encoded:
        raise DecodeError("A composite key in an encoding that isn't the canonical one")
    return key


def _children(reader: der.Reader, depth: int) -> list[Child]:
    children = []
    while reader:
        child = reader.sequence()
        spki, weight = child.bit_string(), child.integer()
        key = decode(spki, depth + 1) if is_composite(spki) else decode_public_key(spki)
        children.append((key, weight))
    return children
