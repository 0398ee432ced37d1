"""What a notary checks before it looks at its database: pure, texts and order Corda's.

Source: net.corda.core.internal.notary.NotaryServiceFlow, NonValidatingNotaryFlow,
ValidatingNotaryFlow.
"""

from collections.abc import Callable
from dataclasses import dataclass

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError
from corda_sim.core.identity import Party
from corda_sim.core.network import NetworkParameters
from corda_sim.core.transactions import FilteredTransaction, SignedTransaction
from corda_sim.core.transactions.component_groups import ComponentGroupEnum
from corda_sim.flow.notary.errors import AnyNotaryError, TransactionInvalid
from corda_sim.flow.notary.types import NotarisationPayload, build_request, check_request_signature
from notary.decide import CommitRequest

MAX_ALLOWED_INPUTS_AND_REFERENCES = 10_000
VISIBLE_GROUPS = (
    ComponentGroupEnum.INPUTS,
    ComponentGroupEnum.TIMEWINDOW,
    ComponentGroupEnum.REFERENCES,
    ComponentGroupEnum.PARAMETERS,
    ComponentGroupEnum.NOTARY,
)


class InvalidRequestError(CordaError):
    """A request that the notary refuses before it commits anything."""

    def __init__(self, error: AnyNotaryError, tx_id: SecureHash | None = None) -> None:
        super().__init__(error.describe())
        self.error, self.tx_id = error, tx_id


@dataclass(frozen=True, slots=True)
class TransactionParts:
    """What any notary looks at (NotaryServiceFlow.TransactionParts)."""

    id: SecureHash
    inputs: tuple[StateRef, ...]
    references: tuple[StateRef, ...]
    time_window: TimeWindow | None
    notary: Party | None
    network_parameters_hash: SecureHash | None

    def to_commit_request(self) -> CommitRequest:
        """What the uniqueness decision needs of it."""
        return CommitRequest(self.id, self.inputs, self.references, self.time_window)


def extract_parts(payload: NotarisationPayload, *, validating: bool) -> TransactionParts:
    """The parts of a payload's transaction, proven to be all there are.

    Raises:
        InvalidRequestError: a tear-off where the whole transaction is needed or the reverse, one
            that doesn't verify or hides a group, or components that don't decode.
    """
    transaction = payload.transaction
    tx_id: SecureHash | None = None
    try:
        tx_id = transaction.id
        if validating and isinstance(transaction, SignedTransaction):
            return _parts_of(transaction)
        if not validating and isinstance(transaction, FilteredTransaction):
            _check_tear_off(transaction)
            return _parts_of(transaction)
    except CordaError as error:
        raise InvalidRequestError(TransactionInvalid(str(error)), tx_id) from error
    raise InvalidRequestError(TransactionInvalid(_unexpected(transaction)), tx_id)


def _check_tear_off(transaction: FilteredTransaction) -> None:
    transaction.verify()
    for group in VISIBLE_GROUPS:
        transaction.check_all_components_visible(group)


def _parts_of(transaction: SignedTransaction | FilteredTransaction) -> TransactionParts:
    return TransactionParts(
        transaction.id,
        tuple(transaction.inputs),
        tuple(transaction.references),
        transaction.time_window,
        transaction.notary,
        transaction.network_parameters_hash,
    )


def _unexpected(transaction: object) -> str:
    return (
        f"Unexpected transaction type in the notarisation payload: {type(transaction).__name__}, "
        "it may be that there is a discrepancy between the configured notary type "
        "(validating/non-validating) and the one advertised on the network parameters."
    )


def check_request(
    parts: TransactionParts,
    payload: NotarisationPayload,
    *,
    requester: Party,
    notary: Party,
    parameters_by_hash: Callable[[SecureHash], NetworkParameters | None],
) -> None:
    """Notary, network parameters, number of states and request signature, in this order.

    Raises:
        InvalidRequestError: with the first rule broken.
    """
    cause = (
        _check_notary(parts, notary)
        or _check_parameters(parts, notary, parameters_by_hash)
        or _check_count(parts)
    )
    if cause is not None:
        raise InvalidRequestError(TransactionInvalid(cause), parts.id)
    request = build_request(parts.inputs, parts.id)
    error = check_request_signature(request, payload.request_signature, requester)
    if error is not None:
        raise InvalidRequestError(error, parts.id)


def _check_notary(parts: TransactionParts, notary: Party) -> str | None:
    if parts.notary is not None and parts.notary.owning_key == notary.owning_key:
        return None
    return (
        f"The notary specified on the transaction: [{parts.notary}] does not match the notary "
        f"service's identity: [{notary.owning_key.to_string_short()}] "
    )


def _check_parameters(
    parts: TransactionParts,
    notary: Party,
    parameters_by_hash: Callable[[SecureHash], NetworkParameters | None],
) -> str | None:
    if parts.network_parameters_hash is None:
        return "Transaction for notarisation doesn't contain network parameters hash."
    attached = parameters_by_hash(parts.network_parameters_hash)
    if attached is None:
        return (
            "Transaction for notarisation contains unknown parameters hash: "
            f"{parts.network_parameters_hash}"
        )
    if not attached.is_notary(notary):
        return f"Notary [{notary}] is not on the whitelist of the transaction's network parameters"
    return None


def _check_count(parts: TransactionParts) -> str | None:
    count = len(parts.inputs) + len(parts.references)
    if count < MAX_ALLOWED_INPUTS_AND_REFERENCES:
        return None
    return (
        f"A transaction cannot have more than {MAX_ALLOWED_INPUTS_AND_REFERENCES} inputs or "
        f"references, received: {count}"
    )
