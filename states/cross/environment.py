"""Cross's environment on Corda, read off a transaction: the same for its builder and its contract.

Corda's contracts can't call each other. So a transaction carries a ``ContractCall`` for each call
that Cross makes; Ibc's contract takes it as the answer, and the named contract, which runs because
a state of its own is consumed or made, judges it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from corda_sim.core.contracts import CommandWithParties, require_that, select_commands
from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.cross.auth.types import AuthMode
from corda_sim.cross.contract.module import CallId
from corda_sim.cross.contract.module import ContractCall as Call
from corda_sim.cross.environment import Environment, LocalSigners
from corda_sim.cross.errors import CallRefused, ErrNotSigned, ErrUnexpectedState
from corda_sim.cross.initiator.running import initiate_state
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.ibc.context import Context
from corda_sim.ibc.store import Store
from states.cross.call_info import CallInfo
from states.cross.commands import AccountSigns, ContractAction, ContractCall

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import LedgerTransaction

Commands = Sequence[CommandWithParties[Any]]


class ContractCallMissing(CordaError):
    """The transaction lacks a contract's answer, which decides nothing: it may come another time.

    No ``CrossError``, so that nobody ends a cross-chain transaction by leaving something out.
    """


def environment_of(commands: Commands, chain_id: str, contracts: Mapping[str, str]) -> Environment:
    """The environment of a transaction with these commands.

    ``contracts`` are the wire names of those that may be called, by the Host's ids.
    """
    signers = SigningAccounts(commands)
    return Environment(chain_id, AnsweredCalls(commands, contracts, signers), signers)


def check_answers(tx: "LedgerTransaction") -> None:
    """Raise IllegalArgumentError unless every contract that answers runs in the transaction."""
    present = {one.contract for one in (*(ref.state for ref in tx.inputs), *tx.outputs)}
    for command in select_commands(tx.commands, ContractCall):
        answers = command.value.action is not ContractAction.REFUSE
        require_that(
            f"a state of {command.value.contract} answers Cross",
            not answers or command.value.contract in present,
        )


class SigningAccounts:
    """LocalSigners out of the AccountSigns commands."""

    def __init__(self, commands: Commands) -> None:
        found = select_commands(commands, AccountSigns)
        self._signed = {
            command.value.id
            for command in found
            if set(command.signers) == set(command.value.signers)
        }

    def require_signed(self, account_id: bytes) -> None:
        """Raises: ErrNotSigned unless the account and its host's legal identity have signed."""
        if account_id not in self._signed:
            raise ErrNotSigned(f"{account_id.decode(errors='replace')} hasn't signed")


class AnsweredCalls:
    """ContractModule out of the ContractCall commands.

    Raises: ContractCallMissing where the transaction doesn't answer.
    """

    def __init__(
        self,
        commands: Commands,
        contracts: Mapping[str, str],
        signers: LocalSigners,
    ) -> None:
        self._answers = [one.value for one in select_commands(commands, ContractCall)]
        self._contracts, self._signers = contracts, signers

    def on_call(self, ctx: Context, call: Call) -> ContractCallResult:
        """What the contract returns. Raises: CallRefused when there is no such contract."""
        del ctx
        return self._run(ContractAction.CALL, call.id, call.call_info)

    def on_prepare(self, ctx: Context, call: Call) -> ContractCallResult:
        """What the contract returns.

        Raises: CallRefused when there is no such contract, or all LOCAL signers refuse.
        """
        del ctx
        contract = contract_of(call.call_info, self._contracts)
        refusal = self._find(contract, ContractAction.REFUSE, call.id, call.call_info)
        if refusal is not None:
            self._require_refused_by_signers(call)
            raise CallRefused(refusal.result.decode(errors="replace"))
        return self._run(ContractAction.PREPARE, call.id, call.call_info)

    def on_commit(self, ctx: Context, call_id: CallId) -> None:
        """Done by the contract that has prepared."""
        self._run(ContractAction.COMMIT, call_id, prepared_call(ctx.store, call_id))

    def on_abort(self, ctx: Context, call_id: CallId) -> None:
        """Undone by the contract that has prepared."""
        self._run(ContractAction.ABORT, call_id, prepared_call(ctx.store, call_id))

    def _require_refused_by_signers(self, call: Call) -> None:
        local = [one.id for one in call.signers if one.auth_type.mode is AuthMode.LOCAL]
        try:
            for signer in local:
                self._signers.require_signed(signer)
        except ErrNotSigned as error:
            raise ContractCallMissing(f"nobody else refuses: {error}") from error
        if not local:
            raise ContractCallMissing("a call that no account here signs isn't refused by anyone")

    def _run(self, action: ContractAction, call_id: CallId, call_info: bytes) -> ContractCallResult:
        contract = contract_of(call_info, self._contracts)
        answer = self._find(contract, action, call_id, call_info)
        if answer is None:
            raise ContractCallMissing(
                f"{contract} doesn't answer {action.value} of {call_id.tx_id.hex()}"
            )
        return ContractCallResult(answer.result)

    def _find(
        self, contract: str, action: ContractAction, call_id: CallId, call_info: bytes
    ) -> ContractCall | None:
        def is_asked(answer: ContractCall) -> bool:
            place = CallId(answer.tx_id, answer.tx_index)
            asked = (contract, action, call_id, call_info)
            return (answer.contract, answer.action, place, answer.call_info) == asked

        return next(filter(is_asked, self._answers), None)


def contract_of(call_info: bytes, contracts: Mapping[str, str]) -> str:
    """The wire name of the called contract. Raises: CallRefused when there is none."""
    try:
        contract_id = CallInfo.decode_strict(call_info).contract_id
    except DecodeError as error:
        raise CallRefused(f"the call info names no contract: {error}") from error
    if contract_id not in contracts:
        raise CallRefused(f"no contract has the id {contract_id!r} here")
    return contracts[contract_id]


def prepared_call(store: Store, call_id: CallId) -> bytes:
    """The call info of the coordinator's own call.

    It comes from the initiated message: no other contract may answer for the one that prepared.
    Raises: ErrUnexpectedState when the call isn't of a transaction that was started here.
    """
    initiated = initiate_state(store, call_id.tx_id)
    if initiated is None or call_id.tx_index:
        raise ErrUnexpectedState(f"{call_id.tx_id.hex()}/{call_id.tx_index} isn't prepared")
    return initiated.msg.contract_transactions[0].call_info
