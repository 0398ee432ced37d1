"""The `istanbul_` methods (``consensus/istanbul/backend/api.go``), read from the sealed headers."""

from collections.abc import Mapping
from typing import Any, Final

from corda_sim.ibc.lightclients.ethereum.signatures import recover_address
from goquorum.quick.chain import QuickChain
from goquorum.quick.eth_calls import Call
from goquorum.quick.header import Header
from goquorum.quick.parameters import Params, block_number, data, parameter
from goquorum.quick.refusals import RequestRefused
from goquorum.quick.views import hexed


def _number(chain: QuickChain, params: Params) -> int:
    return block_number(chain, params, 0) if params and params[0] else chain.head.number


def _number_of_hash(chain: QuickChain, params: Params) -> int:
    found = chain.number_of(data(parameter(params, 0), 0))
    return -1 if found is None else found


def _header(chain: QuickChain, number: int) -> Header:
    header = chain.header(number)
    if header is None:
        raise RequestRefused("unknown block")
    return header


def _validators(chain: QuickChain, number: int) -> list[str]:
    # The snapshot at a block counts the vote in it: it is the set that seals the next one.
    return [hexed(one) for one in chain.validators_after(_header(chain, number).number)]


def _signers(chain: QuickChain, number: int) -> dict[str, Any]:
    # go-ethereum's struct has no JSON names, so that the keys are capitalised.
    header = _header(chain, number)
    digest = header.seal_hash()
    return {
        "Number": header.number,
        "Hash": hexed(header.block_hash()),
        "Author": hexed(header.miner),
        "Committers": [hexed(recover_address(digest, seal)) for seal in header.extra.seals],
    }


ISTANBUL_CALLS: Final[Mapping[str, Call]] = {
    "istanbul_getValidators": lambda chain, params: _validators(chain, _number(chain, params)),
    "istanbul_getValidatorsAtHash": lambda chain, params: _validators(
        chain, _number_of_hash(chain, params)
    ),
    "istanbul_getSignersFromBlock": lambda chain, params: _signers(chain, _number(chain, params)),
    "istanbul_getSignersFromBlockByHash": lambda chain, params: _signers(
        chain, _number_of_hash(chain, params)
    ),
}
