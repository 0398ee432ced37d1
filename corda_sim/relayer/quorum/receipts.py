"""Waiting for receipts: one thread asks for all of them, once in each new block."""

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from corda_sim.relayer.errors import TransactionLostException
from goquorum.endpoint.account import Receipt, parse_receipt
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.errors import GoQuorumError


@dataclass
class _Watched:
    """A transaction that had no receipt by block `head`; `due` is when to ask what became of it."""

    transaction: str
    due: float
    head: int = -1
    future: Future[Receipt] = field(default_factory=Future)


class ReceiptWatcher:
    """Hands out receipts as they come; `poll` and `lost_after` are in seconds."""

    def __init__(self, rpc: JsonRpc, poll: float, lost_after: float) -> None:
        self._rpc, self._poll, self._lost_after = rpc, poll, lost_after
        self._lock = threading.Lock()
        self._watched: list[_Watched] = []
        self._news, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)
        self._thread.start()

    def watch(self, transaction: str) -> Future[Receipt]:
        """The receipt of a transaction; TransactionLostException if the endpoint forgets it.

        An answer that can't be read fails all that are waited for: the endpoint is of no use.
        """
        watched = _Watched(transaction, time.monotonic() + self._lost_after)
        with self._lock:
            self._watched.append(watched)
        self._news.set()
        return watched.future

    def stop(self) -> None:
        """End; what is still waited for is left unanswered."""
        self._stop.set()
        self._news.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._news.wait()
            try:
                self._ask()
            except GoQuorumError:
                pass  # whoever sends is told that the endpoint is away
            except Exception as error:  # noqa: BLE001 - without an answer they'd wait for ever
                self._fail(error)
            self._stop.wait(self._poll)
        self._rpc.close()

    def _fail(self, error: Exception) -> None:
        with self._lock:
            failed, self._watched = self._watched, []
        for watched in failed:
            watched.future.set_exception(error)

    def _ask(self) -> None:
        with self._lock:
            waiting = list(self._watched)
            if not waiting:
                self._news.clear()
                return
        head = int(self._rpc.call("eth_blockNumber"), 16)
        asked = [one for one in waiting if one.head != head]
        requests = [("eth_getTransactionReceipt", (one.transaction,)) for one in asked]
        for watched, found in zip(asked, self._rpc.batch(requests), strict=True):
            watched.head = head
            if found is not None:
                receipt = parse_receipt(found)
                self._remove(watched)
                watched.future.set_result(receipt)
        for watched in waiting:
            if not watched.future.done() and time.monotonic() > watched.due:
                self._look_for(watched)

    def _look_for(self, watched: _Watched) -> None:
        # Behind one address may be several nodes, the one with the block not the one with receipts.
        watched.due, watched.head = time.monotonic() + self._lost_after, -1
        if self._rpc.call("eth_getTransactionByHash", watched.transaction) is None:
            self._remove(watched)
            lost = TransactionLostException(f"{watched.transaction} is known no more")
            watched.future.set_exception(lost)

    def _remove(self, watched: _Watched) -> None:
        with self._lock:
            self._watched.remove(watched)
