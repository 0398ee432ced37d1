"""The quick chain: what the EVM executes, sealed block by block.

With a period the EVM is one block ahead: block n+1 is executed, and so closed to new transactions,
when n arrives, and published when its time has come, as GoQuorum does it. Without one (instant)
each transaction is a block.
"""

import threading
from collections.abc import Callable
from typing import Any, Protocol

from goquorum.quick.header import Header
from goquorum.quick.sealer import Sealer


class Evm(Protocol):
    """What executes, asked by JSON-RPC; it mines when it is told to."""

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """The result of one request."""


class QuickChain:
    """The sealed headers, and when blocks are made. Safe to share between threads.

    `period` is in whole seconds, 0 for instant blocks; `clock` gives seconds since 1970.
    """

    def __init__(self, evm: Evm, sealer: Sealer, period: int, clock: Callable[[], float]) -> None:
        self.evm, self.sealer, self.period = evm, sealer, period
        self._clock, self._ahead = clock, 0
        self._lock = threading.RLock()
        genesis = sealer.genesis(self._block(0))
        self._headers = [genesis]
        self._validators = [sealer.validators]
        self._numbers = {genesis.block_hash(): 0}
        self._due = genesis.timestamp
        if period:
            self._execute_next()

    @property
    def head(self) -> Header:
        """The newest published block."""
        return self._headers[-1]

    def header(self, number: int) -> Header | None:
        """A published block's header."""
        return self._headers[number] if 0 <= number < len(self._headers) else None

    def number_of(self, block_hash: bytes) -> int | None:
        """The number of the published block of that hash."""
        return self._numbers.get(block_hash)

    def validators_after(self, number: int) -> tuple[bytes, ...]:
        """Who seals the block after a published one."""
        return self._validators[number]

    def now(self) -> float:
        """The chain's clock: the machine's, and what was added to it."""
        return self._clock() + self._ahead

    def advance_time(self, seconds: int) -> None:
        """Put the chain's clock forward, for blocks that aren't executed yet."""
        with self._lock:
            self._ahead += seconds

    def send(self, raw: str) -> str:
        """Give the EVM a signed transaction; its hash. Raises RpcError."""
        with self._lock:
            found = str(self.evm.call("eth_sendRawTransaction", raw))
            if not self.period and int(self.evm.call("txpool_status")["pending"], 16):
                self.mine()
        return found

    def mine(self) -> Header:
        """Publish the next block at once."""
        with self._lock:
            if not self.period:
                self._execute_next()
            return self._publish()

    def seconds_left(self) -> float:
        """How long until the next block is to be published."""
        return self._due - self.now()

    def publish_due(self) -> None:
        """Publish the next block if its time has come."""
        with self._lock:
            if self.seconds_left() <= 0:
                self._publish()

    def control(self, change: Callable[[Sealer], None]) -> None:
        """Change what the next block will be sealed with."""
        with self._lock:
            change(self.sealer)
            self._validators[-1] = self.sealer.validators

    def _block(self, number: int) -> Any:  # noqa: ANN401 - JSON
        return self.evm.call("eth_getBlockByNumber", hex(number), False)

    def _execute_next(self) -> None:
        self._due = max(self.head.timestamp + self.period, int(self.now()))
        self.evm.call("evm_mine", {"timestamp": hex(self._due)})

    def _publish(self) -> Header:
        header = self.sealer.seal(self._block(self.head.number + 1), self.head)
        # The number is known before the header, so that no reader meets a head without a hash.
        self._numbers[header.block_hash()] = header.number
        self._validators.append(self.sealer.validators)
        self._headers.append(header)
        if self.period:
            self._execute_next()
        return header
