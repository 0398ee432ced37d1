"""Telling which transactions consumed states, and who had them committed.

A refusal tells who asks for a consumed state no more than the hash of an id. Who knows a state's
reference may ask here for the id itself and the first requester: the holder of a state that a
transaction consumed which he never saw has nobody else to ask.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowException, FlowLogic, FlowSession, flow_name, initiated_by
from corda_sim.flow.notary.requests import NotarisationRequestSignature
from corda_sim.flow.notary.spendings import (
    MAX_ASKED,
    SPENDINGS_FLOW,
    Spending,
    Spendings,
    SpendingsQuery,
)
from notary import schema
from notary.database import open_engine
from notary.node_service import NotaryNodeService
from notary.store import ref_key


@initiated_by(SPENDINGS_FLOW)
@flow_name("corda_sim.bridge.TellSpendingsFlow")
class TellSpendingsFlow(FlowLogic[None]):
    """Answers one question. Raises: FlowException for too many states."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer from the database."""
        node = self.service_hub.cordapp_service(NotaryNodeService)
        query = (await self.session.receive(SpendingsQuery)).unwrap(_check)
        url = node.configuration.database_url
        data = self.context.record("spendings", lambda: serialize(spendings(url, query.refs)))
        await self.session.send(deserialize(data, Spendings))


def _check(query: SpendingsQuery) -> SpendingsQuery:
    if len(query.refs) > MAX_ASKED:
        raise FlowException(f"A notary tells of {MAX_ASKED} states at once, not {len(query.refs)}")
    return query


def spendings(url: str, refs: Sequence[StateRef]) -> Spendings:
    """What consumed `refs`, by transaction id, as the notary's database at `url` has it."""
    engine = open_engine(url)
    try:
        with engine.connect().execution_options(notary_read_only=True) as connection:
            return _found(connection, refs)
    finally:
        engine.dispose()


def _found(connection: Connection, refs: Sequence[StateRef]) -> Spendings:
    table = schema.notary_committed_states
    keys = [ref_key(ref) for ref in refs]
    query = select(table.c.consuming_transaction_id).where(table.c.state_ref.in_(keys)).distinct()
    ids = sorted(connection.execute(query).scalars())
    return Spendings(tuple(_spending(connection, tx_id) for tx_id in ids))


def _spending(connection: Connection, tx_id: str) -> Spending:
    states, log = schema.notary_committed_states, schema.notary_request_log
    inputs = select(states.c.state_ref).where(states.c.consuming_transaction_id == tx_id)
    requests = select(log).where(log.c.consuming_transaction_id == tx_id)
    first = requests.order_by(log.c.request_timestamp, log.c.id).limit(1)
    row = connection.execute(first).one()
    return Spending(
        SecureHash.parse(tx_id),
        tuple(_parse(key) for key in sorted(connection.execute(inputs).scalars())),
        row.requesting_party_name,
        deserialize(bytes(row.request_signature), NotarisationRequestSignature),
    )


def _parse(key: str) -> StateRef:
    tx_id, _, index = key.partition(":")
    return StateRef(SecureHash.parse(tx_id), int(index))
