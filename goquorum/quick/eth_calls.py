"""The `eth_`, `net_` and `web3_` methods: asked of the EVM, shown under the sealed headers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.endpoint.json_rpc import RpcError
from goquorum.quick.anvil import CHAIN_ID, GAS_LIMIT
from goquorum.quick.chain import QuickChain
from goquorum.quick.parameters import (
    Params,
    block_number,
    data,
    fields,
    items,
    known_number,
    parameter,
    published_number,
)
from goquorum.quick.refusals import RequestRefused, check_transaction
from goquorum.quick.views import block_view, hexed, log_view, receipt_view, transaction_view

Call = Callable[[QuickChain, Params], Any]
CLIENT: Final = "corda-sim-quick/simulated-consensus"
"""What `web3_clientVersion` says; not GoQuorum's name."""

_STATE: Final = {
    "eth_call": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getStorageAt": 2,
}
"""Where the block stands among the parameters."""

_WORDS: Final = {
    "transaction already imported": "already known",
    "Insufficient funds": "insufficient funds for gas * price + value",
    "transaction underpriced": "replacement transaction underpriced",
}
"""The EVM's reasons, and go-ethereum's for the same."""


def _of_state(method: str, place: int) -> Call:
    def call(chain: QuickChain, params: Params) -> Any:  # noqa: ANN401 - JSON
        number = published_number(chain, params, place)
        return chain.evm.call(method, *params[:place], hex(number))

    return call


def _transaction_count(chain: QuickChain, params: Params) -> Any:  # noqa: ANN401 - JSON
    if parameter(params, 1) == "pending":
        return chain.evm.call("eth_getTransactionCount", params[0], "pending")
    return _of_state("eth_getTransactionCount", 1)(chain, params)


def _estimate_gas(chain: QuickChain, params: Params) -> Any:  # noqa: ANN401 - JSON
    number = published_number(chain, params, 1) if len(params) > 1 else chain.head.number
    return chain.evm.call("eth_estimateGas", parameter(params, 0), hex(number))


def _proof(chain: QuickChain, params: Params) -> Any:  # noqa: ANN401 - JSON
    keys = ["0x" + str(key)[2:].rjust(64, "0") for key in items(params, 1)]
    number = published_number(chain, params, 2)
    return chain.evm.call("eth_getProof", params[0], keys, hex(number))


def _send(chain: QuickChain, params: Params) -> str:
    raw = data(parameter(params, 0), 0)
    check_transaction(raw, CHAIN_ID, GAS_LIMIT)
    try:
        return chain.send(hexed(raw))
    except RpcError as error:
        raise RequestRefused(_reason(chain, raw, error.message)) from error


def _reason(chain: QuickChain, raw: bytes, words: str) -> str:
    # The EVM may have executed it in a block that isn't published: then the pool has it still.
    known = _transaction(chain, [hexed(keccak256(raw))])
    if known is not None and known["blockNumber"] is None:
        return "already known"
    return next((ours for theirs, ours in _WORDS.items() if theirs in words), words)


def _block(chain: QuickChain, number: int, params: Params) -> dict[str, Any] | None:
    header = chain.header(number)
    if header is None:
        return None
    found = chain.evm.call("eth_getBlockByNumber", hex(number), bool(parameter(params, 1)))
    return block_view(found, header)


def _block_by_number(chain: QuickChain, params: Params) -> dict[str, Any] | None:
    return _block(chain, block_number(chain, params, 0), params)


def _block_by_hash(chain: QuickChain, params: Params) -> dict[str, Any] | None:
    number = chain.number_of(data(parameter(params, 0), 0))
    return None if number is None else _block(chain, number, params)


def _transactions_in(chain: QuickChain, number: int | None) -> str | None:
    if number is None or chain.header(number) is None:
        return None
    return str(chain.evm.call("eth_getBlockTransactionCountByNumber", hex(number)))


def _transaction(chain: QuickChain, params: Params) -> dict[str, Any] | None:
    found = chain.evm.call("eth_getTransactionByHash", parameter(params, 0))
    return transaction_view(found, chain.header)


def _receipt(chain: QuickChain, params: Params) -> dict[str, Any] | None:
    found = chain.evm.call("eth_getTransactionReceipt", parameter(params, 0))
    return receipt_view(found, chain.header)


def _logs(chain: QuickChain, params: Params) -> list[dict[str, Any]]:
    asked = fields(params, 0)
    block_hash = asked.pop("blockHash", None)
    if block_hash is not None:
        number = known_number(chain, block_hash, 0)
        asked |= {"fromBlock": hex(number), "toBlock": hex(number)}
    first, last = (
        block_number(chain, (asked.get(name) or "latest",), 0) for name in ("fromBlock", "toBlock")
    )
    last = min(last, chain.head.number)
    if first > last:
        return []
    found = chain.evm.call("eth_getLogs", asked | {"fromBlock": hex(first), "toBlock": hex(last)})
    views = (log_view(log, chain.header) for log in found)
    return [view for view in views if view is not None]


def _always(value: object) -> Call:
    return lambda _chain, _params: value


ETH_CALLS: Final[Mapping[str, Call]] = {
    **{method: _of_state(method, place) for method, place in _STATE.items()},
    "eth_getTransactionCount": _transaction_count,
    "eth_estimateGas": _estimate_gas,
    "eth_getProof": _proof,
    "eth_sendRawTransaction": _send,
    "eth_blockNumber": lambda chain, _: hex(chain.head.number),
    "eth_getBlockByNumber": _block_by_number,
    "eth_getBlockByHash": _block_by_hash,
    "eth_getBlockTransactionCountByNumber": lambda chain, params: _transactions_in(
        chain, block_number(chain, params, 0)
    ),
    "eth_getBlockTransactionCountByHash": lambda chain, params: _transactions_in(
        chain, chain.number_of(data(parameter(params, 0), 0))
    ),
    "eth_getTransactionByHash": _transaction,
    "eth_getTransactionReceipt": _receipt,
    "eth_getLogs": _logs,
    "eth_chainId": _always(hex(CHAIN_ID)),
    "eth_gasPrice": _always("0x0"),
    "eth_syncing": _always(value=False),
    "eth_accounts": _always([]),
    "net_version": _always(str(CHAIN_ID)),
    "web3_clientVersion": _always(CLIENT),
}
