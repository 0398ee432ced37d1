"""What Cross is told of this chain: its contracts' answers, and who has signed."""

from collections.abc import Collection, Sequence
from typing import Any

from corda_sim.core.contracts import CommandWithParties
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.cross.contract.module import CallId, ContractCall
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused, ErrNotSigned, ErrUnexpectedState
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.ibc.context import Context
from states.ibc.messages import HostConfig


class NoAnswers:
    """Contracts none of which takes part in the transaction."""

    def on_call(self, ctx: Context, call: ContractCall) -> ContractCallResult:
        """Raises: CallRefused."""
        return self._refuse(ctx, call)

    def on_prepare(self, ctx: Context, call: ContractCall) -> ContractCallResult:
        """Raises: CallRefused."""
        return self._refuse(ctx, call)

    def on_commit(self, ctx: Context, call_id: CallId) -> None:
        """Raises: ErrUnexpectedState."""
        self._fail(ctx, call_id)

    def on_abort(self, ctx: Context, call_id: CallId) -> None:
        """Raises: ErrUnexpectedState."""
        self._fail(ctx, call_id)

    @staticmethod
    def _refuse(ctx: Context, call: ContractCall) -> ContractCallResult:
        del ctx
        raise CallRefused(f"no contract answers call {call.id.tx_index} of {call.id.tx_id.hex()}")

    @staticmethod
    def _fail(ctx: Context, call_id: CallId) -> None:
        del ctx
        raise ErrUnexpectedState(
            f"no contract ends call {call_id.tx_index} of {call_id.tx_id.hex()}"
        )


class NoAccounts:
    """No account of this chain has signed."""

    def require_signed(self, account_id: bytes) -> None:
        """Raises: ErrNotSigned."""
        raise ErrNotSigned(f"account {account_id.hex()} hasn't signed this transaction")


def environment_of(
    config: HostConfig,
    commands: Sequence[CommandWithParties[Any]],
    signers: Collection[PublicKey],
) -> Environment:
    """The environment of a transaction with these commands and required signers."""
    del commands, signers
    return Environment(config.chain_id, NoAnswers(), NoAccounts())
