"""What GoQuorum v22.4.0 refuses, in its words; codes are go-ethereum's."""

from typing import Final

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.lightclients.ethereum.rlp_items import Item, bytes_of, decode_list
from goquorum.errors import GoQuorumError

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
NO_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602
SERVER_ERROR: Final = -32000
SIZE_LIMIT: Final = 128 * 1024
"""``txnSizeLimit`` of the genesis block, in bytes."""

_LEGACY_FIELDS, _ACCESS_LIST_FIELDS = 9, 11
_GAS_PRICE, _V = 1, 6
_UNPROTECTED: Final = (b"\x1b", b"\x1c")


class RequestRefused(GoQuorumError):
    """A request that is answered with an error, of JSON-RPC's `code`."""

    def __init__(self, message: str, code: int = SERVER_ERROR) -> None:
        super().__init__(message)
        self.code = code


def check_transaction(raw: bytes) -> None:
    """Raise RequestRefused for a signed transaction that GoQuorum's pool doesn't take.

    What both pools refuse alike (nonces, funds, signatures) is left to the EVM.
    """
    if not raw:
        raise RequestRefused("empty transaction bytes")
    if len(raw) > SIZE_LIMIT:
        raise RequestRefused("oversized data")
    if _gas_price(raw).strip(b"\0"):
        raise RequestRefused("Gas price not 0")


def _gas_price(raw: bytes) -> bytes:
    if raw[0] == 1:
        return bytes_of(_fields(raw[1:], _ACCESS_LIST_FIELDS)[_GAS_PRICE + 1])
    if raw[0] < 0x80:
        raise RequestRefused("transaction type not supported")
    fields = _fields(raw, _LEGACY_FIELDS)
    if fields[_V] in _UNPROTECTED:
        raise RequestRefused("only replay-protected (EIP-155) transactions allowed over RPC")
    return bytes_of(fields[_GAS_PRICE])


def _fields(data: bytes, count: int) -> list[Item]:
    try:
        fields = decode_list(data)
        bytes_of(fields[2 if count == _ACCESS_LIST_FIELDS else 1])
    except (DecodeError, IndexError) as error:
        raise RequestRefused(f"rlp: {error}") from error
    if len(fields) != count:
        raise RequestRefused("rlp: too few or too many elements for a transaction")
    return fields
