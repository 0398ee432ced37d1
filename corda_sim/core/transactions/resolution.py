"""From a wire transaction to a resolved one: dependencies, parameters, size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.commands import CommandWithParties
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import StateAndRef, TransactionState
from corda_sim.core.errors import (
    MissingNetworkParametersException,
    TransactionNetworkParameterOrderingException,
    TransactionResolutionException,
    TransactionSizeException,
    UnknownParametersException,
)
from corda_sim.core.network import NetworkParameters
from corda_sim.core.serialization import INSTALLED, Registry
from corda_sim.core.transactions.component_groups import ComponentGroupEnum
from corda_sim.core.transactions.ledger import LedgerTransaction
from corda_sim.core.transactions.services import ServicesForResolution, resolve_attachment
from corda_sim.core.transactions.traversable import decode_component
from corda_sim.core.transactions.wire import WireTransaction

GROUP_OVERHEAD = 4
"""Bytes that Corda counts for a group beside its components."""


@dataclass(frozen=True, slots=True)
class SerializedState:
    """An input as the bytes of the output that it refers to."""

    ref: StateRef
    component: bytes


@dataclass(frozen=True, slots=True)
class ResolvedTransaction:
    """A wire transaction with all it refers to, states still in bytes."""

    tx: WireTransaction
    inputs: tuple[SerializedState, ...]
    references: tuple[SerializedState, ...]
    attachments: tuple[ContractAttachment, ...]
    network_parameters: NetworkParameters

    def ledger(self, registry: Registry = INSTALLED) -> LedgerTransaction:
        """The ledger transaction with the types of ``registry``.

        Raises: DecodeError for a component whose type is not in it, IllegalStateError.
        """
        tx = self.tx
        return LedgerTransaction(
            id=tx.id,
            inputs=_decode_states(self.inputs, registry),
            outputs=tx.decode(ComponentGroupEnum.OUTPUTS, TransactionState, registry),
            commands=tuple(
                CommandWithParties(one.signers, one.value) for one in tx.commands_in(registry)
            ),
            attachments=self.attachments,
            notary=tx.notary,
            time_window=tx.time_window,
            references=_decode_states(self.references, registry),
            network_parameters=self.network_parameters,
        )


def _decode_states(
    states: Sequence[SerializedState], registry: Registry
) -> tuple[StateAndRef[Any], ...]:
    return tuple(
        StateAndRef(decode_component(one.component, TransactionState, registry), one.ref)
        for one in states
    )


def resolve(tx: WireTransaction, services: ServicesForResolution) -> ResolvedTransaction:
    """Look up all that a transaction refers to, and check its size.

    Raises: TransactionResolutionException, UnknownParametersException,
    AttachmentResolutionException, MissingNetworkParametersException, TransactionSizeException.
    """
    resolved = ResolvedTransaction(
        tx,
        tuple(_resolve_state(ref, services) for ref in tx.inputs),
        tuple(_resolve_state(ref, services) for ref in tx.references),
        tuple(resolve_attachment(one, services) for one in tx.attachments),
        resolve_parameters(tx, services),
    )
    check_transaction_size(resolved)
    return resolved


def _resolve_state(ref: StateRef, services: ServicesForResolution) -> SerializedState:
    origin = services.load_transaction(ref.txhash)
    if origin is None:
        raise TransactionResolutionException(ref.txhash)
    outputs = origin.tx.group(ComponentGroupEnum.OUTPUTS)
    if ref.index >= len(outputs):
        raise TransactionResolutionException(
            ref.txhash, f"Transaction resolution failure for {ref}: there is no such output"
        )
    return SerializedState(ref, outputs[ref.index])


def resolve_parameters(tx: WireTransaction, services: ServicesForResolution) -> NetworkParameters:
    """The parameters that a transaction names.

    Raises: MissingNetworkParametersException, UnknownParametersException.
    """
    wanted = tx.network_parameters_hash
    if wanted is None:
        raise MissingNetworkParametersException(
            f"Transaction {tx.id} does not name its network parameters"
        )
    found = services.network_parameters_by_hash(wanted)
    if found is None:
        raise UnknownParametersException(tx.id, wanted)
    return found


def check_parameters_order(tx: WireTransaction, services: ServicesForResolution) -> None:
    """No input or reference may come from a transaction under later network parameters.

    Source: SignedTransaction.checkNetworkParametersOrdering. Raises:
    TransactionNetworkParameterOrderingException, and as ``resolve``.
    """
    epoch = resolve_parameters(tx, services).epoch
    for ref in (*tx.inputs, *tx.references):
        origin = services.load_transaction(ref.txhash)
        if origin is None:
            raise TransactionResolutionException(ref.txhash)
        origin_epoch = resolve_parameters(origin.tx, services).epoch
        if epoch < origin_epoch:
            raise TransactionNetworkParameterOrderingException(
                tx.id,
                f"The network parameters epoch ({epoch}) of this transaction is older than the "
                f"epoch ({origin_epoch}) of input state: {ref}",
            )


def check_transaction_size(resolved: ResolvedTransaction) -> None:
    """Attachments, inputs, references, commands and outputs must stay below the limit.

    A transaction of exactly the limit fails (WireTransaction.checkTransactionSize).
    Raises: TransactionSizeException.
    """
    limit = resolved.network_parameters.max_transaction_size
    remaining = limit
    for size in _counted_sizes(resolved):
        if remaining <= size:
            raise TransactionSizeException(resolved.tx.id, limit)
        remaining -= size


def _counted_sizes(resolved: ResolvedTransaction) -> list[int]:
    distinct = {one.id: one.size for one in resolved.attachments}
    return [
        *distinct.values(),
        sum(len(one.component) for one in resolved.inputs),
        sum(len(one.component) for one in resolved.references),
        _group_size(resolved.tx, ComponentGroupEnum.COMMANDS),
        _group_size(resolved.tx, ComponentGroupEnum.OUTPUTS),
    ]


def _group_size(tx: WireTransaction, group: ComponentGroupEnum) -> int:
    components = tx.group(group)
    return sum(map(len, components)) + GROUP_OVERHEAD if components else 0
