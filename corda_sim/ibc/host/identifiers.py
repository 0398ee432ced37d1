"""Identifiers (ICS-24; ibc-go modules/core/24-host/validate.go)."""

import re

from corda_sim.ibc.errors import ErrInvalidClientType, ErrInvalidID

_CHARACTERS = re.compile(r"[a-zA-Z0-9._+\-#\[\]<>]+")
_CLIENT_TYPE = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")
_NUMBERED = re.compile(r"(?:0|[1-9][0-9]{0,19})")
_MAX_SEQUENCE = 2**64 - 1


def _check(what: str, identifier: str, shortest: int, longest: int) -> None:
    if not identifier.strip():
        raise ErrInvalidID(f"{what} identifier cannot be blank")
    if "/" in identifier:
        raise ErrInvalidID(f"{what} identifier {identifier} cannot contain separator '/'")
    if not shortest <= len(identifier) <= longest:
        raise ErrInvalidID(
            f"{what} identifier {identifier} has {len(identifier)} characters, not between "
            f"{shortest} and {longest}"
        )
    if not _CHARACTERS.fullmatch(identifier):
        raise ErrInvalidID(
            f"{what} identifier {identifier} must contain only alphanumeric or the following "
            f"characters: '.', '_', '+', '-', '#', '[', ']', '<', '>'"
        )


def validate_client_id(identifier: str) -> None:
    """Raises: ErrInvalidID unless it has 9 to 64 of the allowed characters."""
    _check("client", identifier, 9, 64)


def validate_connection_id(identifier: str) -> None:
    """Raises: ErrInvalidID unless it has 10 to 64 of the allowed characters."""
    _check("connection", identifier, 10, 64)


def validate_channel_id(identifier: str) -> None:
    """Raises: ErrInvalidID unless it has 8 to 64 of the allowed characters."""
    _check("channel", identifier, 8, 64)


def validate_port_id(identifier: str) -> None:
    """Raises: ErrInvalidID unless it has 2 to 128 of the allowed characters."""
    _check("port", identifier, 2, 128)


def validate_client_type(client_type: str) -> None:
    """Raises: ErrInvalidClientType unless every client id made from it is valid."""
    if not _CLIENT_TYPE.fullmatch(client_type):
        raise ErrInvalidClientType(
            f"client type {client_type!r} is not lower-case words and dashes"
        )
    try:
        validate_client_id(client_id(client_type, 0))
        validate_client_id(client_id(client_type, _MAX_SEQUENCE))
    except ErrInvalidID as error:
        raise ErrInvalidClientType(str(error)) from error


def client_id(client_type: str, sequence: int) -> str:
    """``{type}-{n}``."""
    return f"{client_type}-{sequence}"


def connection_id(sequence: int) -> str:
    """``connection-{n}``."""
    return f"connection-{sequence}"


def channel_id(sequence: int) -> str:
    """``channel-{n}``."""
    return f"channel-{sequence}"


def parse_sequence(identifier: str, prefix: str) -> int:
    """The n of ``{prefix}{n}``. Raises: ErrInvalidID (ParseIdentifier)."""
    digits = identifier.removeprefix(prefix)
    if digits == identifier or not _NUMBERED.fullmatch(digits) or int(digits) > _MAX_SEQUENCE:
        raise ErrInvalidID(f"identifier {identifier!r} is not of the form {prefix}N")
    return int(digits)


def client_type_of(identifier: str) -> str:
    """The type in a client id (ParseClientIdentifier). Raises: ErrInvalidID."""
    client_type, dash, digits = identifier.rpartition("-")
    if not dash or not client_type.strip() or not _NUMBERED.fullmatch(digits):
        raise ErrInvalidID(f"client identifier {identifier!r} is not of the form TYPE-N")
    return client_type
