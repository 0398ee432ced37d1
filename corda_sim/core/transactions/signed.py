"""Signed transactions (net.corda.core.transactions.SignedTransaction)."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from corda_sim.core.contracts.commands import Command
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import StateAndRef, TransactionState
from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import (
    IllegalArgumentError,
    SignaturesMissingException,
    TransactionResolutionException,
)
from corda_sim.core.identity import Party
from corda_sim.core.serialization import PLATFORM, deserialize, serialize
from corda_sim.core.serialization.fields import FieldSpec
from corda_sim.core.transactions.ledger import LedgerTransaction
from corda_sim.core.transactions.prepared import prepare_verification
from corda_sim.core.transactions.resolution import resolve
from corda_sim.core.transactions.services import ServicesForResolution
from corda_sim.core.transactions.wire import WireTransaction


class SignedTransaction:
    """The bytes of a wire transaction with at least one signature, none of them twice.

    Raises: IllegalArgumentError without signatures or with a repeated one. ``tx`` and whatever
    reads it raise DecodeError when the bytes are no wire transaction; decoding a signed
    transaction checks that at once.
    """

    def __init__(self, tx_bits: bytes, sigs: Iterable[TransactionSignature]) -> None:
        self.tx_bits = tx_bits
        self.sigs = tuple(sigs)
        if not self.sigs:
            raise IllegalArgumentError(
                "Tried to instantiate a SignedTransaction without any signatures"
            )
        if len(set(self.sigs)) != len(self.sigs):
            raise IllegalArgumentError(
                "Tried to instantiate a SignedTransaction with duplicate signatures"
            )

    @classmethod
    def of(cls, tx: WireTransaction, sigs: Iterable[TransactionSignature]) -> "SignedTransaction":
        """A signed transaction of a wire transaction that is at hand."""
        made = cls(serialize(tx), sigs)
        made.__dict__["tx"] = tx
        return made

    @cached_property
    def tx(self) -> WireTransaction:
        """The wire transaction. Raises: DecodeError."""
        return deserialize(self.tx_bits, WireTransaction)

    @property
    def id(self) -> SecureHash:
        """The transaction id."""
        return self.tx.id

    @property
    def inputs(self) -> tuple[StateRef, ...]:
        """States consumed."""
        return self.tx.inputs

    @property
    def references(self) -> tuple[StateRef, ...]:
        """States referred to."""
        return self.tx.references

    @property
    def outputs(self) -> tuple[TransactionState[Any], ...]:
        """States made."""
        return self.tx.outputs

    @property
    def commands(self) -> tuple[Command[Any], ...]:
        """Commands with their signers."""
        return self.tx.commands

    @property
    def attachments(self) -> tuple[SecureHash, ...]:
        """Ids of the attachments."""
        return self.tx.attachments

    @property
    def notary(self) -> Party | None:
        """The notary."""
        return self.tx.notary

    @property
    def time_window(self) -> TimeWindow | None:
        """The time window."""
        return self.tx.time_window

    @property
    def network_parameters_hash(self) -> SecureHash | None:
        """The hash of the network parameters."""
        return self.tx.network_parameters_hash

    @property
    def required_signing_keys(self) -> frozenset[PublicKey]:
        """Keys that must sign, composite ones as they are."""
        return self.tx.required_signing_keys

    def out_ref(self, index: int) -> StateAndRef[Any]:
        """An output with its reference. Raises: IllegalArgumentError."""
        return self.tx.out_ref(index)

    def with_additional_signature(self, sig: TransactionSignature) -> "SignedTransaction":
        """The same transaction with one more signature."""
        return self.with_additional_signatures((sig,))

    def with_additional_signatures(
        self, sigs: Iterable[TransactionSignature]
    ) -> "SignedTransaction":
        """The same transaction with more signatures; those it has are not repeated."""
        made = SignedTransaction(self.tx_bits, dict.fromkeys((*self.sigs, *sigs)))
        if "tx" in self.__dict__:
            made.__dict__["tx"] = self.tx
        return made

    def __add__(
        self, sigs: TransactionSignature | Iterable[TransactionSignature]
    ) -> "SignedTransaction":
        more = (sigs,) if isinstance(sigs, TransactionSignature) else sigs
        return self.with_additional_signatures(more)

    def check_signatures_are_valid(self) -> None:
        """Raises: SignatureException for a signature that is wrong, required or not."""
        for sig in self.sigs:
            sig.verify(self.id)

    def get_missing_signers(self) -> frozenset[PublicKey]:
        """Required keys that the signers do not fulfil; signatures are not verified."""
        signers = {sig.by for sig in self.sigs}
        return frozenset(
            key for key in self.required_signing_keys if not key.is_fulfilled_by(signers)
        )

    def verify_required_signatures(self) -> None:
        """Raises: SignatureException, SignaturesMissingException."""
        self.verify_signatures_except()

    def verify_signatures_except(self, *allowed_to_be_missing: PublicKey) -> None:
        """All signatures must be right, and none missing but those of the given keys.

        Raises: SignatureException, SignaturesMissingException.
        """
        self.check_signatures_are_valid()
        missing = self.get_missing_signers() - set(allowed_to_be_missing)
        if missing:
            raise SignaturesMissingException(missing, self._describe(missing), self.id)

    def _describe(self, missing: Iterable[PublicKey]) -> list[str]:
        descriptions = []
        for key in sorted(missing, key=lambda one: one.encoded):
            if self.notary is not None and key == self.notary.owning_key:
                descriptions.append(f"notary {self.notary.name}")
            else:
                descriptions.append(key.to_string_short())
        return descriptions

    def to_ledger_transaction(
        self, services: ServicesForResolution, check_sufficient_signatures: bool = True
    ) -> LedgerTransaction:
        """The transaction with its dependencies, as instances of the installed classes.

        Raises: SignatureException, SignaturesMissingException, TransactionResolutionException,
        AttachmentResolutionException, MissingNetworkParametersException,
        TransactionSizeException, DecodeError.
        """
        self.check_signatures(check_sufficient_signatures)
        return resolve(self.tx, services).ledger()

    def verify(
        self, services: ServicesForResolution, check_sufficient_signatures: bool = True
    ) -> None:
        """Check signatures, dependencies and contracts, in Corda's order.

        Raises: TransactionNetworkParameterOrderingException, SignatureException,
        SignaturesMissingException, what ``to_ledger_transaction`` raises, and a
        TransactionVerificationException.
        """
        prepare_verification(self, services, check_sufficient_signatures).run()

    def check_signatures(self, sufficient: bool) -> None:
        """All must be right and, where ``sufficient`` is asked for, none may be missing.

        Raises: SignatureException, SignaturesMissingException.
        """
        if sufficient:
            self.verify_required_signatures()
        else:
            self.check_signatures_are_valid()

    def resolve_base_states(self, services: ServicesForResolution) -> tuple[StateAndRef[Any], ...]:
        """The inputs. Raises: TransactionResolutionException."""
        found = []
        for ref in self.inputs:
            origin = services.load_transaction(ref.txhash)
            if origin is None:
                raise TransactionResolutionException(ref.txhash)
            found.append(origin.out_ref(ref.index))
        return tuple(found)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SignedTransaction)
            and self.tx_bits == other.tx_bits
            and self.sigs == other.sigs
        )

    def __hash__(self) -> int:
        return hash(self.tx_bits)

    def __repr__(self) -> str:
        return f"SignedTransaction({self.id})"


def _decode_signed(tx_bits: bytes, sigs: tuple[TransactionSignature, ...]) -> SignedTransaction:
    signed = SignedTransaction(tx_bits, sigs)
    signed.tx  # noqa: B018 - a malformed one is refused where it is decoded
    return signed


PLATFORM.register_custom(
    SignedTransaction,
    "corda.SignedTransaction",
    [FieldSpec("tx_bits", bytes), FieldSpec("sigs", tuple[TransactionSignature, ...])],
    lambda stx: [stx.tx_bits, stx.sigs],
    _decode_signed,
)
