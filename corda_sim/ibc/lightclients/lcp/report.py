"""Attestation verification reports, IAS version 4 (solidity_stack 4.4; AVRValidator.sol)."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from corda_sim.ibc.lightclients.lcp.errors import AVRInvalid

MAX_REPORT_SIZE: Final = 1 << 13
"""Bytes; a genuine one has some 2,500. It also bounds how deep the parser recurses."""

_KEYS = (
    "id",
    "timestamp",
    "version",
    "advisoryURL",
    "advisoryIDs",
    "isvEnclaveQuoteStatus",
    "platformInfoBlob",
    "isvEnclaveQuoteBody",
)
_VERSION = 4
_TIME_SIZE = 26
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%f"
_QUOTE_SIZE = 432
_FLAGS, _MRENCLAVE, _REPORT_DATA = 96, slice(112, 144), 368
_DEBUG = 0x02
_REPORT_DATA_VERSION = 1
STATUSES_WITH_ADVISORIES = frozenset(
    {
        "GROUP_OUT_OF_DATE",
        "CONFIGURATION_NEEDED",
        "SW_HARDENING_NEEDED",
        "CONFIGURATION_AND_SW_HARDENING_NEEDED",
    }
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says; ``attested_at`` is in whole seconds since 1970.

    ``operator`` is 20 zero bytes when the enclave names none.
    """

    attested_at: int
    quote_status: str
    advisory_ids: tuple[str, ...]
    debug: bool
    mrenclave: bytes
    enclave_key: bytes
    operator: bytes


def parse_report(text: bytes) -> Report:
    """Read a report: compact JSON with its keys in their one order, as the contract reads it.

    Raises: AVRInvalid.
    """
    fields = _fields(text)
    body = _quote_body(fields["isvEnclaveQuoteBody"])
    status, advisories = fields["isvEnclaveQuoteStatus"], fields["advisoryIDs"]
    if not isinstance(status, str) or not isinstance(advisories, list):
        raise AVRInvalid("the status isn't text, or the advisories aren't a list")
    if not all(isinstance(one, str) for one in advisories):
        raise AVRInvalid("an advisory that isn't text")
    data = body[_REPORT_DATA:]
    if data[0] != _REPORT_DATA_VERSION:
        raise AVRInvalid(f"report data of version {data[0]}")
    return Report(
        _seconds(fields["timestamp"]),
        status,
        tuple(advisories),
        bool(body[_FLAGS] & _DEBUG),
        body[_MRENCLAVE],
        data[1:21],
        data[21:41],
    )


def _fields(text: bytes) -> dict[str, object]:
    if len(text) > MAX_REPORT_SIZE:
        raise AVRInvalid(f"a report of {len(text)} bytes, more than {MAX_REPORT_SIZE}")
    try:
        pairs = json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError) as error:
        raise AVRInvalid(f"not JSON: {error}") from error
    if not isinstance(pairs, tuple) or tuple(key for key, _ in pairs) != _KEYS:
        raise AVRInvalid("the report's keys aren't IAS's, in their order")
    fields = dict(pairs)
    if json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() != text:
        raise AVRInvalid("the report isn't compact JSON")
    if fields["version"] != _VERSION or isinstance(fields["version"], bool):
        raise AVRInvalid(f"version {fields['version']}, not {_VERSION}")
    return fields


def _pairs(pairs: list[tuple[str, object]]) -> tuple[tuple[str, object], ...]:
    return tuple(pairs)


def _seconds(timestamp: object) -> int:
    if not isinstance(timestamp, str) or len(timestamp) != _TIME_SIZE:
        raise AVRInvalid("a timestamp has 26 characters")
    try:
        instant = datetime.strptime(timestamp, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise AVRInvalid(str(error)) from error
    return int(instant.timestamp())


def _quote_body(encoded: object) -> bytes:
    if not isinstance(encoded, str):
        raise AVRInvalid("the quote's body isn't text")
    try:
        body = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise AVRInvalid(f"the quote's body: {error}") from error
    if len(body) != _QUOTE_SIZE:
        raise AVRInvalid(f"a quote's body has {_QUOTE_SIZE} bytes, not {len(body)}")
    return body
