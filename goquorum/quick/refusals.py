"""What GoQuorum v22.4.0 refuses, in its words; codes are go-ethereum's."""

from dataclasses import dataclass
from typing import Final

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.lightclients.ethereum.rlp_items import decode_list, uint_of
from goquorum.errors import GoQuorumError

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
NO_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
SERVER_ERROR: Final = -32000
SIZE_LIMIT: Final = 128 * 1024
"""``txnSizeLimit`` of the genesis block, in bytes."""

_LEGACY_FIELDS: Final = ("nonce", "gas_price", "gas", "to", "value", "data", "v", "r", "s")
_LISTED_FIELDS: Final = ("chain_id", *_LEGACY_FIELDS[:6], "access_list", *_LEGACY_FIELDS[6:])
_NUMBERS: Final = ("chain_id", "gas_price", "gas", "v")
_UNPROTECTED: Final = (27, 28)


class RequestRefused(GoQuorumError):
    """A request that is answered with an error, of JSON-RPC's `code`."""

    def __init__(self, message: str, code: int = SERVER_ERROR) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the pool looks at; `chain_id` None is a signature for any chain."""

    gas_price: int
    gas: int
    chain_id: int | None


def check_transaction(raw: bytes, chain_id: int, gas_limit: int) -> None:
    """Raise RequestRefused for a signed transaction that GoQuorum's pool doesn't take.

    What is left to the EVM: nonces, funds, and whether anybody can have signed it.
    """
    sent = _read(raw)
    if sent.chain_id is None:
        raise RequestRefused("only replay-protected (EIP-155) transactions allowed over RPC")
    if sent.gas_price:
        raise RequestRefused("Gas price not 0")
    if len(raw) > SIZE_LIMIT:
        raise RequestRefused("oversized data")
    if sent.gas > gas_limit:
        raise RequestRefused("exceeds block gas limit")
    if sent.chain_id != chain_id:
        raise RequestRefused("invalid sender")


def _read(raw: bytes) -> _Sent:
    if raw[:1] == b"\1":
        listed = _fields(raw[1:], _LISTED_FIELDS)
        return _Sent(listed["gas_price"], listed["gas"], listed["chain_id"])
    if raw and raw[0] < 0x80:
        raise RequestRefused("transaction type not supported")
    legacy = _fields(raw, _LEGACY_FIELDS)
    chain = None if legacy["v"] in _UNPROTECTED else (legacy["v"] - 35) // 2
    return _Sent(legacy["gas_price"], legacy["gas"], chain)


def _fields(data: bytes, names: tuple[str, ...]) -> dict[str, int]:
    """The fields that are numbers. Raises RequestRefused."""
    try:
        items = decode_list(data)
        if len(items) != len(names):
            raise DecodeError(f"{len(items)} elements for a transaction of {len(names)}")
        found = dict(zip(names, items, strict=True))
        return {name: uint_of(found[name], 32) for name in _NUMBERS if name in found}
    except DecodeError as error:
        raise RequestRefused(f"rlp: {error}") from error
