"""The rules of cash (net.corda.finance.contracts.asset.Cash, OnLedgerAsset).

Coins are judged kind by kind (`CashKey`). A kind without inputs is issued, any other is moved or
exited; unlike Corda's, an issue never excuses a kind that has inputs from its owners' signatures.
"""

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from corda_sim.core.contracts import (
    Amount,
    CommandWithParties,
    Contract,
    Currency,
    Issued,
    require_single_command,
    require_that,
    select_commands,
    sum_or_zero,
)
from corda_sim.core.crypto.keys import PublicKey
from states.cash.commands import Exit, Issue, Move
from states.cash.lock_rules import verify_locks
from states.cash.state import CashKey, CashState, cash_key

if TYPE_CHECKING:
    from corda_sim.core.transactions.ledger import InOutGroup, LedgerTransaction

_Group: TypeAlias = "InOutGroup[CashState, CashKey]"


class Cash(Contract):
    """Cash is conserved; only issuer and validator make it, and with the owner unmake it."""

    contract_name: ClassVar[str] = "corda_sim.cash.Cash"

    def verify(self, tx: "LedgerTransaction") -> None:
        """Judge every kind of coin in the transaction, or the locks that it makes or consumes.

        Raises: IllegalArgumentError for a broken rule, IllegalStateError for a missing command.
        """
        if verify_locks(tx):
            return
        groups = tx.group_states(CashState, cash_key)
        require_that("there is cash among the inputs or outputs", bool(groups))
        coins = (*tx.inputs_of_type(CashState), *tx.outputs_of_type(CashState))
        require_that("no coin is worth zero", all(coin.amount.quantity > 0 for coin in coins))
        _verify_issues(tx, [group.grouping_key for group in groups if not group.inputs])
        _verify_moves(tx, [group for group in groups if group.inputs])


def _verify_issues(tx: "LedgerTransaction", issued: list[CashKey]) -> None:
    if not issued:
        require_that(
            "an issue puts cash of a new kind on the ledger",
            not select_commands(tx.commands, Issue),
        )
        return
    signers = frozenset(require_single_command(tx.commands, Issue).signers)
    for key in issued:
        require_that("the issuer signs the issue", key.token.issuer.party.owning_key in signers)
        require_that("the validator signs the issue", _validator_signs(key, signers))


def _verify_moves(tx: "LedgerTransaction", groups: list[_Group]) -> None:
    exits = _exits(tx)
    kinds = {group.grouping_key for group in groups}
    require_that("an exit is of cash among the inputs", exits.keys() <= kinds)
    if not groups:
        require_that("a move has cash among the inputs", not select_commands(tx.commands, Move))
        return
    movers = frozenset(require_single_command(tx.commands, Move).signers)
    for group in groups:
        owners = {coin.owner.owning_key for coin in group.inputs}
        require_that("every owner of an input signs the move", owners <= movers)
        _verify_balance(group, exits.get(group.grouping_key))


def _exits(tx: "LedgerTransaction") -> dict[CashKey, CommandWithParties[Exit]]:
    found: dict[CashKey, CommandWithParties[Exit]] = {}
    for command in select_commands(tx.commands, Exit):
        key = CashKey(command.value.amount.token, command.value.validator_key)
        require_that("there is at most one exit for each kind of cash", key not in found)
        require_that("an exit is worth more than zero", command.value.amount.quantity > 0)
        found[key] = command
    return found


def _verify_balance(group: _Group, leaving: CommandWithParties[Exit] | None) -> None:
    key = group.grouping_key
    left = Amount[Issued[Currency]](0, key.token) if leaving is None else leaving.value.amount
    spent = sum_or_zero((coin.amount for coin in group.inputs), key.token)
    made = sum_or_zero((coin.amount for coin in group.outputs), key.token)
    issuer = key.token.issuer
    require_that(
        f"the amounts of {key.token.product} balance for reference {issuer.reference.hex()} of "
        f"{issuer.party!r}: {spent.quantity} - {left.quantity} = {made.quantity}",
        spent == made + left,
    )
    if leaving is not None:
        signers = frozenset(leaving.signers)
        wanted = {signer for coin in group.inputs for signer in coin.exit_keys}
        require_that("owners and issuer sign the exit", wanted - {key.validator_key} <= signers)
        require_that("the validator signs the exit", _validator_signs(key, signers))


def _validator_signs(key: CashKey, signers: frozenset[PublicKey]) -> bool:
    return key.validator_key is None or key.validator_key in signers
