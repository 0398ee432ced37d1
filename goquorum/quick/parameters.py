"""Reading the parameters of requests, with go-ethereum's refusals."""

from collections.abc import Mapping, Sequence
from typing import Any

from goquorum.quick.chain import QuickChain
from goquorum.quick.refusals import INVALID_PARAMS, RequestRefused

Params = Sequence[Any]


def parameter(params: Params, place: int) -> Any:  # noqa: ANN401 - JSON
    """A parameter that has to be there. Raises RequestRefused."""
    if len(params) <= place or params[place] is None:
        raise RequestRefused(f"missing value for required argument {place}", INVALID_PARAMS)
    return params[place]


def fields(params: Params, place: int) -> dict[str, Any]:
    """A parameter that has to be an object. Raises RequestRefused."""
    value = parameter(params, place)
    if not isinstance(value, Mapping):
        raise RequestRefused(f"invalid argument {place}: not an object", INVALID_PARAMS)
    return dict(value)


def items(params: Params, place: int) -> list[Any]:
    """A parameter that has to be a list. Raises RequestRefused."""
    value = parameter(params, place)
    if not isinstance(value, list):
        raise RequestRefused(f"invalid argument {place}: not a list", INVALID_PARAMS)
    return value


def block_number(chain: QuickChain, params: Params, place: int) -> int:
    """The number that a block parameter means; it may be of a block that isn't there yet.

    A number, `latest`, `earliest`, or EIP-1898's object. `safe` and `finalized` came later than
    GoQuorum v22.4.0, and nothing here has a pending block. Raises RequestRefused.
    """
    asked = parameter(params, place)
    if isinstance(asked, Mapping) and "blockHash" in asked:
        return known_number(chain, asked["blockHash"], place)
    tag = asked.get("blockNumber") if isinstance(asked, Mapping) else asked
    if tag == "latest":
        return chain.head.number
    return 0 if tag == "earliest" else quantity(tag, place)


def published_number(chain: QuickChain, params: Params, place: int) -> int:
    """The same for a block whose state is asked for. Raises RequestRefused."""
    number = block_number(chain, params, place)
    if chain.header(number) is None:
        raise RequestRefused("header not found")
    return number


def known_number(chain: QuickChain, block_hash: object, place: int) -> int:
    """The number of the block of that hash. Raises RequestRefused."""
    number = chain.number_of(data(block_hash, place))
    if number is None:
        raise RequestRefused("header for hash not found")
    return number


def data(value: object, place: int) -> bytes:
    """Bytes in hex with 0x in front. Raises RequestRefused."""
    if not isinstance(value, str) or value[:2] != "0x":
        raise RequestRefused(
            f"invalid argument {place}: hex string without 0x prefix", INVALID_PARAMS
        )
    try:
        return bytes.fromhex(value[2:])
    except ValueError as error:
        raise RequestRefused(f"invalid argument {place}: {error}", INVALID_PARAMS) from error


def quantity(value: object, place: int) -> int:
    """A number in hex with 0x in front. Raises RequestRefused."""
    if not isinstance(value, str) or value[:2] != "0x":
        raise RequestRefused(
            f"invalid argument {place}: hex string without 0x prefix", INVALID_PARAMS
        )
    try:
        return int(value, 0)
    except ValueError as error:
        raise RequestRefused(f"invalid argument {place}: {error}", INVALID_PARAMS) from error


def count(params: Params, place: int) -> int:
    """A natural number of plain JSON, as the test controls take them. Raises RequestRefused."""
    value = parameter(params, place)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RequestRefused(f"argument {place} must be a natural number", INVALID_PARAMS)
    return value
