"""Why a validator doesn't sign: what the requester gets, each rule by its own type."""

from typing import ClassVar

from corda_sim.flow import FlowException


class ValidationRefusedException(FlowException):
    """The validator doesn't sign; subclasses tell which rule the transaction breaks."""

    wire_name: ClassVar[str] = "corda_sim.validator.ValidationRefusedException"


class InvalidTransactionRefused(ValidationRefusedException):
    """The transaction, or one that it depends on, isn't valid."""

    wire_name = "corda_sim.validator.InvalidTransactionRefused"


class SignatureNotRequiredRefused(ValidationRefusedException):
    """No command asks for the validator's signature."""

    wire_name = "corda_sim.validator.SignatureNotRequiredRefused"


class SignaturesMissingRefused(ValidationRefusedException):
    """Others have to sign before the validator does."""

    wire_name = "corda_sim.validator.SignaturesMissingRefused"


class UnknownNotaryRefused(ValidationRefusedException):
    """There is no notary, or none of this network."""

    wire_name = "corda_sim.validator.UnknownNotaryRefused"


class TimeWindowRefused(ValidationRefusedException):
    """There is no time window with an end, it has passed, or it doesn't suit a bridge."""

    wire_name = "corda_sim.validator.TimeWindowRefused"


class NotAllowedRefused(ValidationRefusedException):
    """A contract or command isn't in `validator.allow`."""

    wire_name = "corda_sim.validator.NotAllowedRefused"


class AlreadySignedRefused(ValidationRefusedException):
    """The validator signed another transaction that may still consume one of the inputs."""

    wire_name = "corda_sim.validator.AlreadySignedRefused"


class ForeignCodeRefused(ValidationRefusedException):
    """A bridge transaction with an attachment that isn't the validator's own contract code."""

    wire_name = "corda_sim.validator.ForeignCodeRefused"


class ForeignConstraintRefused(ValidationRefusedException):
    """A bridge state under another constraint than that of the validator's own code."""

    wire_name = "corda_sim.validator.ForeignConstraintRefused"


class BridgeHostRefused(ValidationRefusedException):
    """A bridge transaction of no host, of one without this validator, or without a genesis."""

    wire_name = "corda_sim.validator.BridgeHostRefused"


class BridgeNotaryRefused(ValidationRefusedException):
    """A bridge transaction at another notary than its genesis'."""

    wire_name = "corda_sim.validator.BridgeNotaryRefused"


class UnsignedOriginRefused(ValidationRefusedException):
    """A bridge state that came from a transaction which the validator didn't sign."""

    wire_name = "corda_sim.validator.UnsignedOriginRefused"


class NotarySignedFirstRefused(ValidationRefusedException):
    """A bridge transaction that the notary has signed already: a validator signs before it."""

    wire_name = "corda_sim.validator.NotarySignedFirstRefused"


class TwinStateRefused(ValidationRefusedException):
    """A second state of one cross-chain transaction: the contract can't see what is left out."""

    wire_name = "corda_sim.validator.TwinStateRefused"


class ImpostorRefused(ValidationRefusedException):
    """An account signs for Cross by the key of somebody else than the node that it is said of."""

    wire_name = "corda_sim.validator.ImpostorRefused"


class RestorationRefused(ValidationRefusedException):
    """A lock to be restored that isn't burnt, is there again, isn't as it was, or is a stranger's.

    The issuer of its coins refuses so, too.
    """

    wire_name = "corda_sim.validator.RestorationRefused"
