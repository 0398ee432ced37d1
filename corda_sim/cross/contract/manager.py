"""Calls to an application's contracts (x/core/contract)."""

from collections.abc import Callable

from corda_sim.cross.contract.module import ContractCall, ContractModule
from corda_sim.cross.errors import CallRefused
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.ibc.context import Context


def commit_immediately(
    ctx: Context, module: ContractModule, call: ContractCall
) -> ContractCallResult:
    """Do a call. Raises: CallRefused, and then nothing is written."""
    return _checked(ctx, module.on_call, call)


def prepare_commit(ctx: Context, module: ContractModule, call: ContractCall) -> ContractCallResult:
    """Prepare a call. Raises: CallRefused, and then nothing is written."""
    return _checked(ctx, module.on_prepare, call)


def _checked(
    ctx: Context, action: Callable[[Context, ContractCall], ContractCallResult], call: ContractCall
) -> ContractCallResult:
    with ctx.attempt() as inner:
        result = action(inner, call)
        if call.expected is not None and result.data != call.expected:
            raise CallRefused(
                f"the call returned {result.data.hex()}, not {call.expected.hex()} as declared"
            )
    return result
