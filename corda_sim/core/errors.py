"""Exceptions of the ledger, named after Corda's.

CordaError
├── DecodeError                                bytes that aren't a canonical value of a known type
├── IllegalArgumentError (ValueError)          Kotlin's IllegalArgumentException
│   └── InvalidNameError                       an X.500 name against Corda's rules
├── IllegalStateError (RuntimeError)           Kotlin's IllegalStateException
├── SignatureException                         a signature that doesn't verify
│   └── SignaturesMissingException
├── MerkleTreeException
├── TransactionResolutionException             a dependency isn't known
│   └── UnknownParametersException
├── AttachmentResolutionException
├── MissingNetworkParametersException
├── UntrustedAttachmentsException              code that the operator doesn't trust
├── FilteredTransactionVerificationException
├── ComponentVisibilityException
├── FeatureNotSupportedException               a feature of Corda that this release refuses
└── TransactionVerificationException           a transaction that breaks a rule (corda 1.3)
    ├── ContractRejection
    ├── ContractCreationError
    ├── ContractConstraintRejection
    ├── ConstraintPropagationRejection
    ├── InvalidConstraintRejection
    ├── MissingAttachmentRejection
    ├── ConflictingAttachmentsRejection
    ├── DuplicateAttachmentsRejection
    ├── NotaryChangeInWrongTransactionType
    ├── TransactionContractConflictException
    ├── TransactionRequiredContractUnspecifiedException
    ├── TransactionNetworkParameterOrderingException
    ├── InvalidAttachmentException
    ├── BrokenTransactionException
    └── TransactionSizeException
"""

from collections.abc import Iterable


class CordaError(Exception):
    """Root of all exceptions of the platform (net.corda.core.CordaException)."""


class DecodeError(CordaError):
    """Bytes that don't decode to a canonical value of a registered type."""


class IllegalArgumentError(CordaError, ValueError):
    """An argument against the rules of the called function."""


class InvalidNameError(IllegalArgumentError):
    """An X.500 name that Corda refuses."""


class IllegalStateError(CordaError, RuntimeError):
    """A value or a call that the present state doesn't allow."""


class SignatureException(CordaError):
    """A signature that doesn't verify, or is of a form that isn't accepted."""


class SignaturesMissingException(SignatureException):
    """Keys that haven't signed (SignedTransaction.SignaturesMissingException)."""

    def __init__(
        self, missing: Iterable[object], descriptions: Iterable[str], tx_id: object
    ) -> None:
        self.missing = frozenset(missing)
        self.descriptions = tuple(descriptions)
        self.tx_id = tx_id
        keys = ", ".join(sorted(map(str, self.missing)))
        super().__init__(
            f"Missing signatures on transaction {tx_id} for keys: {keys}, "
            f"by signers: {', '.join(self.descriptions)}"
        )


class MerkleTreeException(CordaError):
    """A Merkle tree that can't be built or searched."""


class TransactionResolutionException(CordaError):
    """A transaction that another one depends on isn't known."""

    def __init__(self, tx_hash: object, message: str | None = None) -> None:
        super().__init__(message or f"Transaction resolution failure for {tx_hash}")
        self.tx_hash = tx_hash


class UnknownParametersException(TransactionResolutionException):
    """The network parameters that a transaction names aren't known."""

    def __init__(self, tx_hash: object, parameters_hash: object) -> None:
        super().__init__(
            tx_hash,
            f"Transaction specified network parameters {parameters_hash} but these parameters are "
            f"not known.",
        )


class AttachmentResolutionException(CordaError):
    """An attachment isn't known."""

    def __init__(self, attachment_id: object) -> None:
        super().__init__(f"Attachment resolution failure for {attachment_id}")
        self.attachment_id = attachment_id


class MissingNetworkParametersException(CordaError):
    """A transaction without network parameters."""


class FilteredTransactionVerificationException(CordaError):
    """A tear-off that can't be verified against its transaction id."""

    def __init__(self, tx_id: object, reason: str) -> None:
        super().__init__(f"Transaction with id:{tx_id} cannot be verified. Reason: {reason}")
        self.tx_id, self.reason = tx_id, reason


class ComponentVisibilityException(CordaError):
    """A tear-off that hides what must be shown."""

    def __init__(self, tx_id: object, reason: str) -> None:
        super().__init__(
            f"Component visibility error for transaction with id:{tx_id}. Reason: {reason}"
        )
        self.tx_id, self.reason = tx_id, reason


class UntrustedAttachmentsException(CordaError):
    """Contract code that the operator hasn't installed; it is never imported."""

    def __init__(self, tx_id: object, ids: Iterable[object]) -> None:
        self.tx_id, self.ids = tx_id, tuple(ids)
        super().__init__(
            f"Attempting to load untrusted transaction attachments: "
            f"{', '.join(map(str, self.ids))}. Install the CorDapp to trust it. "
            f"Transaction: {tx_id}"
        )


class FeatureNotSupportedException(CordaError):
    """A feature of Corda that this release refuses rather than half does."""


class TransactionVerificationException(CordaError):
    """A transaction that breaks a rule; the message ends with its id."""

    def __init__(self, tx_id: object, message: str) -> None:
        super().__init__(f"{message}, transaction: {tx_id}")
        self.tx_id = tx_id


class ContractRejection(TransactionVerificationException):
    """A contract said no."""

    def __init__(self, tx_id: object, contract: str, cause: str) -> None:
        super().__init__(tx_id, f"Contract verification failed: {cause}, contract: {contract}")
        self.contract = contract


class ContractCreationError(TransactionVerificationException):
    """A contract's class can't be loaded or created."""

    def __init__(self, tx_id: object, contract: str, cause: str) -> None:
        super().__init__(
            tx_id, f"Contract verification failed: could not create contract {contract}: {cause}"
        )
        self.contract = contract


class ContractConstraintRejection(TransactionVerificationException):
    """An attachment that doesn't satisfy a state's constraint."""

    def __init__(self, tx_id: object, contract: str) -> None:
        super().__init__(tx_id, f"Contract constraints failed for {contract}")
        self.contract = contract


class ConstraintPropagationRejection(TransactionVerificationException):
    """An output constraint that the input's doesn't permit."""

    def __init__(self, tx_id: object, contract: str, given: object, wanted: object) -> None:
        super().__init__(
            tx_id,
            f"Contract constraints for {contract} are not propagated correctly. The outgoing state "
            f"constraint: {wanted} is not a valid transition from the input state constraint: "
            f"{given}",
        )


class InvalidConstraintRejection(TransactionVerificationException):
    """A constraint that isn't acceptable at all."""

    def __init__(self, tx_id: object, contract: str, reason: str) -> None:
        super().__init__(tx_id, f"Contract constraints failed for {contract}. {reason}")


class MissingAttachmentRejection(TransactionVerificationException):
    """No attachment has the contract's code."""

    def __init__(self, tx_id: object, contract: str) -> None:
        super().__init__(
            tx_id, f"Contract constraints failed, could not find attachment for: {contract}"
        )


class ConflictingAttachmentsRejection(TransactionVerificationException):
    """More than one attachment has the contract's code."""

    def __init__(self, tx_id: object, contract: str) -> None:
        super().__init__(
            tx_id,
            f"Contract constraints failed for: {contract}, because multiple attachments "
            f"providing this contract were attached",
        )


class DuplicateAttachmentsRejection(TransactionVerificationException):
    """The same attachment twice."""

    def __init__(self, tx_id: object, attachment_id: object) -> None:
        super().__init__(tx_id, f"The attachment: {attachment_id} was added multiple times")


class NotaryChangeInWrongTransactionType(TransactionVerificationException):
    """An output with another notary than the transaction's."""

    def __init__(self, tx_id: object, tx_notary: object, output_notary: object) -> None:
        super().__init__(
            tx_id,
            f"Found unexpected notary change in transaction. Tx notary: {tx_notary}, found: "
            f"{output_notary}",
        )


class TransactionContractConflictException(TransactionVerificationException):
    """A state tied to another contract than the one it belongs to."""


class TransactionRequiredContractUnspecifiedException(TransactionVerificationException):
    """A state type that doesn't say which contract it belongs to."""


class TransactionNetworkParameterOrderingException(TransactionVerificationException):
    """Network parameters older than those of an input's transaction."""


class InvalidAttachmentException(TransactionVerificationException):
    """An attachment that isn't a well-formed archive."""


class BrokenTransactionException(TransactionVerificationException):
    """A component that can't be decoded."""


class TransactionSizeException(TransactionVerificationException):
    """A transaction of the network's limit or over it."""

    def __init__(self, tx_id: object, limit: int) -> None:
        super().__init__(
            tx_id, f"Transaction exceeded network's maximum transaction size limit : {limit} bytes."
        )
