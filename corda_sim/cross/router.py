"""Delivering the messages of Cross that come from accounts of this chain."""

from collections.abc import Callable
from typing import Any

from corda_sim.cross.auth.handlers import ext_sign_tx, ibc_sign_tx, sign_tx
from corda_sim.cross.auth.types import MsgExtSignTx, MsgIBCSignTx, MsgSignTx
from corda_sim.cross.environment import Environment
from corda_sim.cross.initiator.initiating import initiate_tx
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.protobuf import Message

_HANDLERS: dict[type[Message], Callable[[Context, Environment, Any], object]] = {
    MsgInitiateTx: initiate_tx,
    MsgSignTx: sign_tx,
    MsgIBCSignTx: ibc_sign_tx,
    MsgExtSignTx: ext_sign_tx,
}
_KINDS = {kind.TYPE_URL: kind for kind in _HANDLERS}


def read_message(packed: AnyMessage) -> Message:
    """The message in an Any, in the one encoding that it has: what a command carries.

    Raises: DecodeError; FeatureLater for a message that isn't known.
    """
    return packed.unpack_known(_KINDS)


def deliver(ctx: Context, env: Environment, msg: Message) -> object:
    """Run one message; what its handler returns. Nothing is written unless it succeeds.

    Raises: what the handler raises; FeatureLater for a message that isn't known.
    """
    handler = _HANDLERS.get(type(msg))
    if handler is None:
        raise FeatureLater(f"{type(msg).__name__} is not supported")
    with ctx.attempt() as inner:
        return handler(inner, env, msg)
