"""Links between the calls of a transaction (x/core/initiator/types/linker.go)."""

from corda_sim.cross.errors import ErrInvalidLink
from corda_sim.cross.initiator.types import ContractTransaction, Link, MsgInitiateTx
from corda_sim.cross.tx.types import (
    ConstantValueCallResult,
    ResolvedContractTransaction,
    Tx,
    call_key,
    declared,
)
from corda_sim.cross.xcc.resolver import convert, read_xcc
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.context import Context


def resolve_transaction(ctx: Context, msg: MsgInitiateTx) -> Tx:
    """The transaction as it runs.

    Raises: ErrInvalidLink, ErrInvalidCrossChainChannel, ErrChannelNotFound.
    """
    calls = tuple(_resolve(ctx, msg, call) for call in msg.contract_transactions)
    return Tx(msg.tx_id, msg.commit_protocol, calls, msg.timeout_height, msg.timeout_timestamp)


def _resolve(
    ctx: Context, msg: MsgInitiateTx, call: ContractTransaction
) -> ResolvedContractTransaction:
    caller = read_xcc(call.cross_chain_channel)
    results = tuple(AnyMessage.pack(_result(ctx, msg, caller, link)) for link in call.links)
    return ResolvedContractTransaction(
        call.cross_chain_channel, call.signers, call.call_info, call.return_value, results
    )


def _result(
    ctx: Context, msg: MsgInitiateTx, caller: ChannelInfo, link: Link
) -> ConstantValueCallResult:
    if link.src_index >= len(msg.contract_transactions):
        raise ErrInvalidLink(f"a link to call {link.src_index}, which isn't there")
    source = msg.contract_transactions[link.src_index]
    value = declared(source.return_value)
    if value is None:
        raise ErrInvalidLink(f"a link to call {link.src_index}, which declares no return value")
    channel = convert(ctx, read_xcc(source.cross_chain_channel), caller)
    key = call_key(source.call_info, source.signers)
    return ConstantValueCallResult(AnyMessage.pack(channel), key, value)
