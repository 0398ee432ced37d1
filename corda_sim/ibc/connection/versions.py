"""Negotiating a connection's version (ibc-go modules/core/03-connection/types/version.go)."""

from collections.abc import Sequence

from corda_sim.ibc.connection.types import Version
from corda_sim.ibc.errors import ErrInvalidVersion, ErrVersionNegotiationFailed

COMPATIBLE_VERSIONS = (Version("1", ("ORDER_ORDERED", "ORDER_UNORDERED")),)
"""What this chain offers, in order of preference."""
_FEATURE_OPTIONAL = frozenset[str]()
"""Identifiers of versions that may be agreed on without any feature: none, as in ibc-go."""


def validate_version(version: Version) -> None:
    """Raises: ErrInvalidVersion for a blank identifier or feature."""
    if not version.identifier.strip():
        raise ErrInvalidVersion("version identifier cannot be blank")
    for number, feature in enumerate(version.features):
        if not feature.strip():
            raise ErrInvalidVersion(f"feature cannot be blank, index {number}")


def find_version(version: Version, among: Sequence[Version]) -> Version | None:
    """The version of the same identifier, if there is one."""
    return next((one for one in among if one.identifier == version.identifier), None)


def is_supported(version: Version) -> bool:
    """Whether this chain supports the version with all its features (IsSupportedVersion)."""
    known = find_version(version, COMPATIBLE_VERSIONS)
    return known is not None and _is_acceptable(known, version)


def verify_proposed(proposed: Version, offered: Sequence[Version]) -> None:
    """Raise ErrVersionNegotiationFailed unless ``proposed`` is part of an offered version."""
    known = find_version(proposed, offered)
    if known is None or not _is_acceptable(known, proposed):
        raise ErrVersionNegotiationFailed(f"{proposed} is not among the offered {list(offered)}")


def _is_acceptable(known: Version, proposed: Version) -> bool:
    if not proposed.features and known.identifier not in _FEATURE_OPTIONAL:
        return False
    return set(proposed.features) <= set(known.features)


def pick_version(
    counterparty: Sequence[Version], supported: Sequence[Version] = COMPATIBLE_VERSIONS
) -> Version:
    """The first supported version that the counterparty shares, with the shared features.

    Raises: ErrVersionNegotiationFailed.
    """
    for own in supported:
        other = find_version(own, counterparty)
        if other is None:
            continue
        features = tuple(feature for feature in own.features if feature in other.features)
        if features or own.identifier in _FEATURE_OPTIONAL:
            return Version(own.identifier, features)
    raise ErrVersionNegotiationFailed(
        f"no version in common: counterparty {list(counterparty)}, own {list(supported)}"
    )
