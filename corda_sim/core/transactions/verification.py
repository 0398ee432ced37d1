"""Verifying a resolved transaction, in Corda's order and with its exceptions.

Source: net.corda.core.internal.TransactionVerifierServiceInternal (Verifier). Each archive has a
class loader of its own here, so files of the same path in two attachments don't overlap.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.constraints import (
    MAX_NUMBER_OF_KEYS_IN_SIGNATURE_CONSTRAINT,
    SignatureAttachmentConstraint,
    can_be_transitioned_from,
)
from corda_sim.core.contracts.contract import Contract
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.contracts.states import TransactionState
from corda_sim.core.errors import (
    BrokenTransactionException,
    ConflictingAttachmentsRejection,
    ConstraintPropagationRejection,
    ContractConstraintRejection,
    ContractCreationError,
    ContractRejection,
    DecodeError,
    DuplicateAttachmentsRejection,
    FeatureNotSupportedException,
    IllegalStateError,
    InvalidAttachmentException,
    InvalidConstraintRejection,
    MissingAttachmentRejection,
    NotaryChangeInWrongTransactionType,
    TransactionContractConflictException,
    TransactionRequiredContractUnspecifiedException,
    UntrustedAttachmentsException,
)
from corda_sim.core.transactions.ledger import LedgerTransaction
from corda_sim.core.transactions.resolution import ResolvedTransaction

_SIGNATURE_CONSTRAINT_VERSION = 4
_LIMITED_KEYS_VERSION = 5


def verify_resolved(resolved: ResolvedTransaction, loader: ContractLoader) -> None:
    """Check every rule of the ledger but signatures and the notary's.

    What the loader's contracts have accepted isn't run again: validators and notaries meet a
    transaction first to sign it, and once more as it is recorded or spent.

    Raises: UntrustedAttachmentsException, FeatureNotSupportedException, IllegalStateError, a
    TransactionVerificationException.
    """
    tx = resolved.tx
    untrusted = [one.id for one in resolved.attachments if not one.is_trusted]
    if untrusted:
        raise UntrustedAttachmentsException(tx.id, untrusted)
    if tx.id not in loader.accepted:
        _check(resolved, loader)
        loader.accepted.add(tx.id)


def _check(resolved: ResolvedTransaction, loader: ContractLoader) -> None:
    ledger = _decoded(resolved, resolved.attachments, loader)
    _check_same_notary(ledger)
    _check_no_notary_change(ledger)
    _check_encumbrances(ledger)
    if ledger.time_window is not None and ledger.notary is None:
        raise IllegalStateError("Transactions with time-windows must be notarised")
    _check_notary_whitelist(ledger)
    attachments = _attachments_by_contract(ledger)
    _check_constraints(ledger, attachments)
    _check_constraints_propagation(ledger, attachments, loader)
    _check_states_against_contracts(ledger)
    _run_contracts(resolved, ledger, attachments, loader)


def _decoded(
    resolved: ResolvedTransaction,
    attachments: Sequence[ContractAttachment],
    loader: ContractLoader,
) -> LedgerTransaction:
    tx_id = resolved.tx.id
    try:
        registry = loader.registry_for(attachments, tx_id)
    except UntrustedAttachmentsException:
        raise
    except Exception as error:
        raise InvalidAttachmentException(
            tx_id, f"An attachment can't be loaded: {type(error).__name__}: {error}"
        ) from error
    try:
        return resolved.ledger(registry)
    except DecodeError as error:
        raise BrokenTransactionException(
            tx_id, f"Could not deserialize a component: {error}"
        ) from error


def _referred(ledger: LedgerTransaction) -> list[TransactionState[Any]]:
    return [one.state for one in (*ledger.inputs, *ledger.references)]


def _all_states(ledger: LedgerTransaction) -> list[TransactionState[Any]]:
    inputs, references = (
        [one.state for one in some] for some in (ledger.inputs, ledger.references)
    )
    return [*inputs, *references, *ledger.outputs]


def _check_same_notary(ledger: LedgerTransaction) -> None:
    notary, referred = ledger.notary, _referred(ledger)
    names = {state.notary.name for state in referred}
    if len(names) > 1:
        raise IllegalStateError("All inputs and reference inputs must point to the same notary")
    if notary is not None and names and notary.name not in names:
        raise IllegalStateError(
            "The specified transaction notary must be the one specified by all inputs and input "
            "references"
        )


def _check_no_notary_change(ledger: LedgerTransaction) -> None:
    notary = ledger.notary
    if notary is not None and (ledger.inputs or ledger.references):
        for output in ledger.outputs:
            if output.notary != notary:
                raise NotaryChangeInWrongTransactionType(ledger.id, notary, output.notary)


def _check_notary_whitelist(ledger: LedgerTransaction) -> None:
    parameters = ledger.network_parameters
    if ledger.notary is None or parameters is None:
        return
    listed = [notary.identity for notary in parameters.notaries]
    for notary in (ledger.notary, *(state.notary for state in _referred(ledger))):
        if notary not in listed:
            raise IllegalStateError(
                f"Notary [{notary.name}] specified by the transaction is not on the network "
                f"parameter whitelist:  [{', '.join(str(one.name) for one in listed)}]"
            )


def _check_encumbrances(ledger: LedgerTransaction) -> None:
    if any(state.encumbrance is not None for state in _all_states(ledger)):
        raise FeatureNotSupportedException(f"Encumbrances, transaction: {ledger.id}")


def _attachments_by_contract(ledger: LedgerTransaction) -> dict[str, ContractAttachment]:
    seen: set[bytes] = set()
    for attachment in ledger.attachments:
        if attachment.id in seen:
            raise DuplicateAttachmentsRejection(ledger.id, attachment.id)
        seen.add(attachment.id)
    found: dict[str, ContractAttachment] = {}
    for contract in _distinct(state.contract for state in _all_states(ledger)):
        holders = [one for one in ledger.attachments if contract in one.contracts]
        if len(holders) > 1:
            raise ConflictingAttachmentsRejection(ledger.id, contract)
        if not holders:
            raise MissingAttachmentRejection(ledger.id, contract)
        found[contract] = holders[0]
    return found


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _check_constraints(
    ledger: LedgerTransaction, attachments: dict[str, ContractAttachment]
) -> None:
    checked: set[tuple[str, object]] = set()
    for state in _all_states(ledger):
        key = (state.contract, state.constraint)
        if key not in checked:
            checked.add(key)
            _check_constraint(ledger, state, attachments[state.contract])


def _check_constraint(
    ledger: LedgerTransaction, state: TransactionState[Any], attachment: ContractAttachment
) -> None:
    constraint, parameters = state.constraint, ledger.network_parameters
    if isinstance(constraint, SignatureAttachmentConstraint) and parameters is not None:
        version = parameters.minimum_platform_version
        if version < _SIGNATURE_CONSTRAINT_VERSION:
            raise IllegalStateError(
                f"Signature constraints need minimum platform version "
                f"{_SIGNATURE_CONSTRAINT_VERSION}, the network has {version}"
            )
        keys = len(constraint.key.keys)
        if version >= _LIMITED_KEYS_VERSION and keys > MAX_NUMBER_OF_KEYS_IN_SIGNATURE_CONSTRAINT:
            raise InvalidConstraintRejection(
                ledger.id,
                state.contract,
                "Signature constraint contains composite key with "
                f"{keys} leaf keys, which is more than the maximum allowed number of keys "
                f"({MAX_NUMBER_OF_KEYS_IN_SIGNATURE_CONSTRAINT}).",
            )
    if not constraint.is_satisfied_by(attachment):
        raise ContractConstraintRejection(ledger.id, state.contract)


def _check_constraints_propagation(
    ledger: LedgerTransaction, attachments: dict[str, ContractAttachment], loader: ContractLoader
) -> None:
    for contract, attachment in attachments.items():
        before = {one.state.constraint for one in ledger.inputs if one.state.contract == contract}
        after = {one.constraint for one in ledger.outputs if one.contract == contract}
        if not before or not after or (before == after and len(after) == 1):
            continue
        found = _contract_class(ledger, contract, attachment, loader)
        if found.no_constraint_propagation:
            continue
        for source in before:
            for output in after:
                if not can_be_transitioned_from(output, source):
                    raise ConstraintPropagationRejection(ledger.id, contract, source, output)


def _check_states_against_contracts(ledger: LedgerTransaction) -> None:
    for state in _all_states(ledger):
        kind = type(state.data)
        required = kind.belongs_to_contract
        if required is None:
            raise TransactionRequiredContractUnspecifiedException(
                ledger.id,
                f"State of class {kind.__qualname__} does not have a specified owning contract. "
                "Set belongs_to_contract on the state",
            )
        if required != state.contract:
            raise TransactionContractConflictException(
                ledger.id,
                f"State of class {kind.__qualname__} belongs to contract {required}, but is "
                f"bundled in TransactionState with {state.contract}",
            )


def _contract_class(
    ledger: LedgerTransaction, name: str, attachment: ContractAttachment, loader: ContractLoader
) -> type[Contract]:
    found = loader.load(attachment, ledger.id).contracts.get(name)
    if found is None:
        raise ContractCreationError(ledger.id, name, f"not in attachment {attachment.id}")
    return found


def _run_contracts(
    resolved: ResolvedTransaction,
    ledger: LedgerTransaction,
    attachments: dict[str, ContractAttachment],
    loader: ContractLoader,
) -> None:
    inputs = (one.state.contract for one in ledger.inputs)
    for name in _distinct((*inputs, *(state.contract for state in ledger.outputs))):
        own = attachments[name]
        kind = _contract_class(ledger, name, own, loader)
        view = ledger
        if resolved.attachments[0].id != own.id:
            # its own archive's classes come first, whatever the others call by the same name
            others = [one for one in resolved.attachments if one.id != own.id]
            view = _decoded(resolved, [own, *others], loader)
        _run_contract(ledger, name, kind, view)


def _run_contract(
    ledger: LedgerTransaction, name: str, kind: type[Contract], view: LedgerTransaction
) -> None:
    try:
        contract = kind()
    except Exception as error:
        raise ContractCreationError(ledger.id, name, str(error)) from error
    try:
        contract.verify(view)
    except Exception as error:
        raise ContractRejection(ledger.id, name, str(error) or type(error).__name__) from error
