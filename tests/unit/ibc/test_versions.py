"""Connection versions (03-connection/types/version_test.go)."""

import pytest

from corda_sim.ibc.connection.types import Version
from corda_sim.ibc.connection.versions import (
    COMPATIBLE_VERSIONS,
    find_version,
    is_supported,
    pick_version,
    validate_version,
    verify_proposed,
)
from corda_sim.ibc.errors import ErrInvalidVersion, ErrVersionNegotiationFailed

ORDERED, UNORDERED = "ORDER_ORDERED", "ORDER_UNORDERED"
BOTH = Version("1", (ORDERED, UNORDERED))


@pytest.mark.parametrize("version", [Version(""), Version("  ", (ORDERED,)), Version("1", ("",))])
def test_validate_refuses_blanks(version: Version) -> None:
    with pytest.raises(ErrInvalidVersion):
        validate_version(version)


def test_validate_accepts_a_version_without_features() -> None:
    validate_version(Version("1"))


def test_compatible_version_is_ibc_gos() -> None:
    assert COMPATIBLE_VERSIONS == (BOTH,)
    assert BOTH.encode() == bytes.fromhex(
        "0a0131120d4f524445525f4f524445524544120f4f524445525f554e4f524445524544"
    )


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        (BOTH, True),
        (Version("1", (ORDERED,)), True),
        (Version("1", ()), False),
        (Version("1", (ORDERED, "ORDER_DAG")), False),
        (Version("2", (ORDERED,)), False),
    ],
)
def test_is_supported(version: Version, supported: bool) -> None:
    assert is_supported(version) is supported


def test_find_version() -> None:
    assert find_version(Version("1"), [Version("2"), BOTH]) == BOTH
    assert find_version(Version("3"), [Version("2"), BOTH]) is None


@pytest.mark.parametrize(
    ("own", "counterparty", "picked"),
    [
        ([BOTH], [BOTH], BOTH),
        ([BOTH], [Version("2", ("x",)), BOTH], BOTH),
        ([BOTH], [Version("1", (UNORDERED, "ORDER_DAG"))], Version("1", (UNORDERED,))),
        ([BOTH], [Version("1", (UNORDERED, ORDERED))], BOTH),
        ([Version("2", ("x",)), BOTH], [BOTH, Version("2", ("x",))], Version("2", ("x",))),
        ([Version("2", ("x",)), BOTH], [Version("2", ("y",)), BOTH], BOTH),
    ],
)
def test_pick_version(own: list[Version], counterparty: list[Version], picked: Version) -> None:
    assert pick_version(counterparty, own) == picked


@pytest.mark.parametrize(
    "counterparty",
    [
        [],
        [Version("1", ())],
        [Version("1", ("ORDER_DAG",))],
        [Version("3", (ORDERED, UNORDERED))],
    ],
)
def test_pick_version_non_matching_or_empty_feature_set(counterparty: list[Version]) -> None:
    with pytest.raises(ErrVersionNegotiationFailed):
        pick_version(counterparty)


@pytest.mark.parametrize("features", [(ORDERED,), (UNORDERED,), (UNORDERED, ORDERED)])
def test_verify_proposed_version_accepts_a_subset(features: tuple[str, ...]) -> None:
    verify_proposed(Version("1", features), [BOTH])


@pytest.mark.parametrize(
    "proposed",
    [Version("1", ()), Version("1", (ORDERED, UNORDERED, "ORDER_DAG")), Version("2", (ORDERED,))],
)
def test_verify_proposed_version_one_feature_too_many(proposed: Version) -> None:
    with pytest.raises(ErrVersionNegotiationFailed):
        verify_proposed(proposed, [BOTH])
