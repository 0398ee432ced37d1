"""Judging a tear-off: all that Corda-IBC's own client leaves unchecked is checked here.

Its upstream trusts a field for the notary's key, and looks at no signature and no contract name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import (
    ComponentVisibilityException,
    DecodeError,
    FilteredTransactionVerificationException,
    IllegalArgumentError,
    IllegalStateError,
    MerkleTreeException,
    SignatureException,
)
from corda_sim.core.transactions.component_groups import ComponentGroupEnum
from corda_sim.core.transactions.filtered import FilteredTransaction
from corda_sim.ibc.errors import ErrInvalidProof
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT, decode_output, head_of
from corda_sim.ibc.lightclients.corda.tear_off import read_signatures, read_transaction
from corda_sim.ibc.lightclients.corda.types import BaseId, ClientState, Entry, TearOff
from corda_sim.ibc.moment import Moment

_MALFORMED = (
    ComponentVisibilityException,
    DecodeError,
    FilteredTransactionVerificationException,
    IllegalArgumentError,
    IllegalStateError,
    MerkleTreeException,
)


@dataclass(frozen=True, slots=True)
class ProvenTransaction:
    """What a tear-off proves: when it was notarised, and what its outputs hold."""

    moment: Moment
    entries: tuple[Entry, ...]


def verify_tear_off(tear_off: TearOff, client: ClientState) -> ProvenTransaction:
    """Check Merkle trees, every signature, notary, time-window, contract and base id.

    Raises: ErrInvalidProof.
    """
    try:
        transaction = read_transaction(tear_off)
        transaction.verify()
        moment = _moment(transaction)
        entries = _entries(transaction, client)
        signatures = read_signatures(tear_off)
        notary_key = decode_public_key(client.notary_key)
        _require_notary(transaction, notary_key)
        _verify_signatures(transaction, signatures, notary_key, client)
    except _MALFORMED as error:
        raise ErrInvalidProof(f"tear-off of {tear_off.tx_id.hex()}: {error}") from error
    return ProvenTransaction(moment, entries)


def _moment(transaction: FilteredTransaction) -> Moment:
    transaction.check_all_components_visible(ComponentGroupEnum.TIMEWINDOW)
    window = transaction.time_window
    if window is None:
        raise ErrInvalidProof("a bridge transaction has a time-window")
    return Moment.of_window(window)


def _require_notary(transaction: FilteredTransaction, notary_key: PublicKey) -> None:
    transaction.check_all_components_visible(ComponentGroupEnum.NOTARY)
    notary = transaction.notary
    if notary is None or notary.owning_key != notary_key:
        raise ErrInvalidProof(f"the notary is {notary}, not the client's")


def _entries(transaction: FilteredTransaction, client: ClientState) -> tuple[Entry, ...]:
    components = transaction.group(ComponentGroupEnum.OUTPUTS)
    if not components:
        raise ErrInvalidProof("a tear-off that shows no output")
    return tuple(entry for one in components for entry in _entries_of(one, client))


def _entries_of(component: bytes, client: ClientState) -> tuple[Entry, ...]:
    output = decode_output(component)
    if output.contract != IBC_CONTRACT:
        raise ErrInvalidProof(f"an output of contract {output.contract}")
    if output.notary_key != client.notary_key:
        raise ErrInvalidProof("an output that another notary guards")
    head = head_of(output)
    if head.base_id != client.base_id:
        raise ErrInvalidProof(f"an output of host {_name(head.base_id)}")
    return head.entries


def _name(base_id: BaseId) -> str:
    return f"{base_id.txhash.hex().upper()}({base_id.index})"


def _verify_signatures(
    transaction: FilteredTransaction,
    signatures: Sequence[TransactionSignature],
    notary_key: PublicKey,
    client: ClientState,
) -> None:
    signers = {signature.by for signature in signatures}
    validators = set(map(decode_public_key, client.validator_keys))
    wanted = notary_key.keys.union(*(one.keys for one in validators))
    if len(signers) != len(signatures) or not signers <= wanted:
        raise ErrInvalidProof("a signature that comes twice, or is of no notary or validator")
    for signature in signatures:
        _verify_signature(transaction, signature)
    if not notary_key.is_fulfilled_by(signers):
        raise ErrInvalidProof("the notary hasn't signed")
    given = sum(one.is_fulfilled_by(signers) for one in validators)
    if given < client.threshold:
        raise ErrInvalidProof(f"{given} validators have signed, not {client.threshold}")


def _verify_signature(transaction: FilteredTransaction, signature: TransactionSignature) -> None:
    if signature.metadata.scheme_number_id != signature.by.scheme:
        raise ErrInvalidProof(f"a signature by {signature.by} of another scheme than its key's")
    try:
        signature.verify(transaction.id)
    except SignatureException as error:
        raise ErrInvalidProof(str(error)) from error
