"""Sending messages of Cross for accounts of this node."""

from corda_sim.core.contracts import StateRef
from corda_sim.cross.auth.types import MsgIBCSignTx, MsgSignTx
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.cross.router import read_message
from corda_sim.flow import FlowLogic, flow_name, startable_by_rpc
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.protobuf import Message
from flows.cross.signing import signed_by
from flows.ibc.building import BridgeTransactionFlow, Submitted


@startable_by_rpc
@flow_name("corda_sim.cross.CrossMessageFlow")
class CrossMessageFlow(FlowLogic[Submitted]):
    """Deliver a message of Cross (the bytes of its Any): initiate a transaction, or sign one.

    The accounts that the message names are this node's; each signs, and the node with it.
    Raises: DecodeError, FeatureLater for another message, IllegalArgumentError for an account of
    another node, and as BridgeTransactionFlow.
    """

    def __init__(self, message: bytes, base_id: StateRef | None = None) -> None:
        self.message = message
        self.base_id = base_id

    async def call(self) -> Submitted:
        """What became of it; the transaction's id is among the events."""
        message = read_message(AnyMessage.decode_strict(self.message))
        parts = signed_by(self, accounts_of(message))
        return await self.sub_flow(BridgeTransactionFlow((self.message,), self.base_id, parts))


def accounts_of(message: Message) -> tuple[bytes, ...]:
    """The ids of the LOCAL accounts that send a message. Raises: FeatureLater."""
    match message:
        case MsgInitiateTx():
            return tuple(signer.id for signer in message.signers)
        case MsgSignTx() | MsgIBCSignTx():
            return message.signers
        case _:
            raise FeatureLater(f"{type(message).__name__} is not supported")
