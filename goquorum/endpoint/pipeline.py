"""Transactions sent ahead by their nonces: one block for what would else take one each.

A QBFT block is closed when its parent arrives, so that waiting for each receipt costs two block
periods a transaction (goquorum 2.5).
"""

from collections.abc import Callable, Mapping

from goquorum.artifacts import Artifact
from goquorum.endpoint.abi import Interface
from goquorum.endpoint.account import Contract, Receipt, Sender, TransactionReverted


class Pipeline:
    """What one account has sent and not yet waited for, in order."""

    def __init__(self, sender: Sender) -> None:
        self._sender, self.rpc = sender, sender.rpc
        self._unsettled: list[Callable[[], Receipt]] = []

    def deploy(
        self, made: Artifact, *arguments: object, libraries: Mapping[str, bytes] | None = None
    ) -> Contract:
        """Send a deployment; the contract where it is going to lie.

        Raises:
            UnlinkedLibrary: a library's address is missing.
            AbiError: the constructor doesn't take these arguments.
        """
        interface = Interface(made.abi)
        data = made.linked(libraries or {}) + interface.constructor(*arguments)
        sent = self._sender.deploy(data)
        contract = Contract(self.rpc, sent.address, interface)
        self._unsettled.append(lambda: self._deployed(made.name, sent.transaction_hash))
        return contract

    def transact(self, contract: Contract, name: str, *arguments: object) -> None:
        """Send a call of a contract."""
        call = contract.send(self._sender, name, *arguments)
        self._unsettled.append(lambda: contract.settle(self._sender, call))

    def settle(self) -> list[Receipt]:
        """Wait for everything sent; the receipts in order.

        Raises:
            TransactionReverted: the first that failed.
            TransactionNotMined: one isn't in a block yet.
        """
        unsettled, self._unsettled = self._unsettled, []
        return [settle() for settle in unsettled]

    def _deployed(self, name: str, transaction_hash: str) -> Receipt:
        receipt = self._sender.wait(transaction_hash)
        if not receipt.succeeded:
            raise TransactionReverted(f"constructor of {name}", None, b"")
        return receipt
