"""Reading a bridge out of the databases of a Corda network's nodes."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import select

from corda_sim.core.serialization import deserialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.cross.ports import CROSS_PORT
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import (
    MsgAcknowledgement,
    MsgRecvPacket,
    MsgTimeout,
    MsgTimeoutOnClose,
)
from corda_sim.ibc.lightclients.corda.types import Entry
from corda_sim.invariants.bridge.views import CordaView, LockFacts, PacketView, Place
from corda_sim.invariants.rows import rows_of, snapshot
from corda_sim.invariants.views import NodeDatabase
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.storage import schema
from states.cash import CashLock, CashState, Restore
from states.ibc import BridgeState, Deliver

CORDA: Final = "corda"
_VERIFIED: Final = "V"


def read_corda(databases: Iterable[NodeDatabase]) -> CordaView:
    """The bridge of a network with one host: what all of its nodes have recorded together.

    Raises: StorageError, DecodeError for a damaged transaction.
    """
    installed_cordapps()  # decoding states needs their classes
    view = CordaView(PacketView(CORDA))
    transactions = _transactions(databases)
    for stx in transactions.values():
        _read_outputs(stx, view.packets)
        _read_messages(stx, view.packets)
    view.locks = list(_locks(transactions))
    return view


def _transactions(databases: Iterable[NodeDatabase]) -> dict[str, SignedTransaction]:
    found: dict[str, SignedTransaction] = {}
    table = schema.node_transactions.c
    statement = select(table.tx_id, table.transaction_value).where(table.status == _VERIFIED)
    for database in databases:
        with snapshot(database.url) as connection:
            for tx_id, content in rows_of(connection, statement):
                if tx_id not in found:
                    found[tx_id] = deserialize(content, SignedTransaction)
    return found


def _read_outputs(stx: SignedTransaction, view: PacketView) -> None:
    for entry in _entries(stx):
        match entry.path.split("/"):
            case ["commitments", _, port, _, channel, _, sequence]:
                view.sent.append((Place(port, channel, int(sequence)), entry.value))
            case ["acks", _, port, _, channel, _, sequence]:
                view.answers[Place(port, channel, int(sequence))] = entry.value


def _entries(stx: SignedTransaction) -> Iterator[Entry]:
    states = (output.data for output in stx.outputs)
    for state in states:
        if isinstance(state, BridgeState):
            yield from (entry for entry in state.entries if entry.value)


def _read_messages(stx: SignedTransaction, view: PacketView) -> None:
    told = (one.value.message for one in stx.commands if isinstance(one.value, Deliver))
    for message in map(AnyMessage.decode_strict, told):
        match message.type_url:
            case MsgRecvPacket.TYPE_URL:
                view.received.append(message.unpack(MsgRecvPacket).packet)
            case MsgAcknowledgement.TYPE_URL:
                answer = message.unpack(MsgAcknowledgement)
                view.acknowledged.append((answer.packet, answer.acknowledgement))
            case MsgTimeout.TYPE_URL:
                view.timed_out.append(message.unpack(MsgTimeout).packet)
            case MsgTimeoutOnClose.TYPE_URL:
                view.timed_out.append(message.unpack(MsgTimeoutOnClose).packet)


def _locks(transactions: dict[str, SignedTransaction]) -> Iterator[LockFacts]:
    consumers = {ref: stx for stx in transactions.values() for ref in stx.inputs}
    commands = (one.value for stx in transactions.values() for one in stx.commands)
    restored = {value.burnt for value in commands if isinstance(value, Restore)}
    for stx in transactions.values():
        for one in stx.tx.out_refs():
            lock = one.state.data
            if isinstance(lock, CashLock) and one.ref not in restored:
                packet = Place(CROSS_PORT, lock.channel, lock.sequence)
                released = _released_to(lock, consumers.get(one.ref))
                yield LockFacts(lock.tx_id.hex(), packet, released)


def _released_to(lock: CashLock, by: SignedTransaction | None) -> str | None:
    if by is None:
        return None
    coins: list[Any] = [one.data for one in by.outputs if isinstance(one.data, CashState)]
    for name, owner in (("seller", lock.seller), ("buyer", lock.buyer)):
        if lock.released_to(owner) in coins:
            return name
    return "somebody else"
