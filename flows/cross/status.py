"""Asking where cross-chain transactions are that were started on this host."""

import re
from dataclasses import dataclass
from typing import Any

from corda_sim.core.contracts import StateRef
from corda_sim.core.serialization import deserialize, serializable, serialize
from corda_sim.cross.auth.types import Account, AuthMode
from corda_sim.cross.errors import ErrTxNotFound
from corda_sim.cross.queries import TxStatus, tx_status
from corda_sim.cross.tx.tx_id import require_tx_id
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.moment import NANOS_PER_MILLI, Moment
from corda_sim.ibc.store import MemoryStore
from flows.ibc.service import bridge_service
from states.ibc import BridgeState

_PREFIX = "cross/"
_TRANSACTION = re.compile(r"cross/[0-9a-f]{64}")


@serializable("corda_sim.cross.TransactionStatus")
@dataclass(frozen=True, slots=True)
class TransactionStatus:
    """A cross-chain transaction; `expires` is in seconds since 1970, 0 for never.

    `stage` is one of ``corda_sim.cross.queries.Stage``; `waits_for` are the accounts that have
    still to sign, LOCAL ones as X.500#UUID, others as 0x and hexadecimal digits. `result` is what
    the other chain's call has returned. `ref` is the bridge state that says so.
    """

    tx_id: str
    stage: str
    expires: int
    waits_for: tuple[str, ...]
    result: bytes
    ref: StateRef


@startable_by_rpc
@flow_name("corda_sim.cross.CrossStatusFlow")
class CrossStatusFlow(FlowLogic[TransactionStatus]):
    """Where one transaction is. Raises: ErrInvalidTransaction, ErrTxNotFound, BridgeHostUnknown."""

    def __init__(self, tx_id: bytes, base_id: StateRef | None = None) -> None:
        self.tx_id = tx_id
        self.base_id = base_id

    async def call(self) -> TransactionStatus:
        """The transaction as this node's vault knows it."""
        require_tx_id(self.tx_id)
        found = _look_up(self, self.base_id, _PREFIX + self.tx_id.hex())
        if not found:
            raise ErrTxNotFound(f"transaction {self.tx_id.hex()} isn't known here")
        return found[0]


@startable_by_rpc
@flow_name("corda_sim.cross.CrossListFlow")
class CrossListFlow(FlowLogic[tuple[TransactionStatus, ...]]):
    """All transactions that were started on this host. Raises: BridgeHostUnknown."""

    def __init__(self, base_id: StateRef | None = None) -> None:
        self.base_id = base_id

    async def call(self) -> tuple[TransactionStatus, ...]:
        """The transactions as this node's vault knows them, by id."""
        return _look_up(self, self.base_id, _PREFIX)


def _look_up(
    flow: FlowLogic[Any], base_id: StateRef | None, prefix: str
) -> tuple[TransactionStatus, ...]:
    """The transactions whose bridge states' keys start with `prefix`, by key."""
    now = flow.service_hub.now_ns()

    def find() -> bytes:
        refs = bridge_service(flow).index.host(base_id).refs
        keys = sorted(key for key in refs if _TRANSACTION.fullmatch(key) and key.startswith(prefix))
        states = ((refs[key], flow.service_hub.services.state_and_ref(refs[key])) for key in keys)
        return serialize(tuple(_status(ref, one.state.data, now) for ref, one in states))

    return deserialize(flow.context.record("cross", find), tuple[TransactionStatus, ...])


def _status(ref: StateRef, state: BridgeState, now: int) -> TransactionStatus:
    store = MemoryStore()
    store.values.update(state.values)
    tx_id = bytes.fromhex(state.key.removeprefix(_PREFIX))
    moment = Moment.at(Height(0, now // NANOS_PER_MILLI), now)
    return described(ref, tx_id, tx_status(store, moment, tx_id))


def described(ref: StateRef, tx_id: bytes, status: TxStatus) -> TransactionStatus:
    """A status in texts that a program or a person reads."""
    waits_for = tuple(map(_shown, status.remaining_signers))
    expires = status.initiated.msg.timeout_timestamp
    result = status.result or b""
    return TransactionStatus(tx_id.hex(), status.stage.value, expires, waits_for, result, ref)


def _shown(account: Account) -> str:
    local = account.auth_type.mode is AuthMode.LOCAL
    return account.id.decode(errors="replace") if local else f"0x{account.id.hex()}"
