"""An EVM that executes nothing: blocks of the right form, as an EVM shows them."""

from typing import Any

from goquorum.endpoint.json_rpc import RpcError
from goquorum.quick.chain import QuickChain
from goquorum.quick.sealer import Sealer
from goquorum.quick.validators import ValidatorKeys

SEED = bytes(range(32))
START = 1_760_000_000


def keys() -> ValidatorKeys:
    return ValidatorKeys(SEED)


def evm_block(number: int, timestamp: int = START) -> dict[str, Any]:
    """Each block has another state."""
    return {
        "number": hex(number),
        "hash": f"0x{number:064x}",
        "parentHash": "0x" + "ee" * 32,
        "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        "miner": "0x" + "00" * 20,
        "stateRoot": f"0x{number + 100:064x}",
        "transactionsRoot": "0x" + "22" * 32,
        "receiptsRoot": "0x" + "33" * 32,
        "logsBloom": "0x" + "00" * 256,
        "difficulty": "0x0",
        "gasLimit": "0xe0000000",
        "gasUsed": "0x5208",
        "timestamp": hex(timestamp),
        "extraData": "0x",
        "mixHash": "0x" + "44" * 32,
        "nonce": "0x0000000000000000",
        "blobGasUsed": "0x0",
        "size": "0x1ff",
        "totalDifficulty": "0x0",
        "uncles": [],
        "transactions": [],
    }


class StillEvm:
    """Remembers what it was asked; `pool` transactions are waiting, `answers` come first."""

    def __init__(self) -> None:
        self.blocks = [evm_block(0)]
        self.asked: list[tuple[str, tuple[object, ...]]] = []
        self.pool = 0
        self.answers: dict[str, Any] = {}

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        self.asked.append((method, params))
        if method in self.answers:
            answer = self.answers[method]
            if isinstance(answer, RpcError):
                raise answer
            return answer
        return getattr(self, method)(*params)

    def evm_mine(self, options: dict[str, str]) -> str:
        self.blocks.append(evm_block(len(self.blocks), int(options["timestamp"], 16)))
        self.pool = 0
        return "0x0"

    def eth_getBlockByNumber(self, number: str, _full: bool) -> dict[str, Any]:  # noqa: N802
        return self.blocks[int(number, 16)]

    def eth_sendRawTransaction(self, _raw: str) -> str:  # noqa: N802
        self.pool += 1
        return "0x" + "ab" * 32

    def txpool_status(self) -> dict[str, str]:
        return {"pending": hex(self.pool), "queued": "0x0"}


class Clock:
    """Stands until it is told otherwise; seconds since 1970."""

    def __init__(self) -> None:
        self.seconds = float(START)

    def __call__(self) -> float:
        return self.seconds


def sealer(validators: int = 4) -> Sealer:
    return Sealer(keys(), validators)


def quick_chain(period: int = 0, validators: int = 4) -> tuple[QuickChain, StillEvm, Clock]:
    evm, clock = StillEvm(), Clock()
    return QuickChain(evm, sealer(validators), period, clock), evm, clock
