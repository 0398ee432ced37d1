"""Contract constraints: which attachment may judge a state (net.corda.core.contracts).

Only the signature constraint can be used so far. The names of the others exist so that asking for
one is answered with ``FeatureNotSupportedException``.
"""

from typing import TYPE_CHECKING

import msgspec

from corda_sim.core.crypto.composite import CompositeKeyBuilder
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import FeatureNotSupportedException, IllegalArgumentError
from corda_sim.core.serialization import PLATFORM, serializable

if TYPE_CHECKING:
    from corda_sim.core.contracts.attachments import ContractAttachment
    from corda_sim.core.crypto.hashes import SecureHash

MAX_NUMBER_OF_KEYS_IN_SIGNATURE_CONSTRAINT = 20


class AttachmentConstraint(msgspec.Struct, frozen=True):
    """Base of the constraints."""

    def is_satisfied_by(self, attachment: "ContractAttachment") -> bool:  # noqa: ARG002
        """Whether ``attachment`` may judge states under this constraint."""
        raise FeatureNotSupportedException(f"{type(self).__name__} is not supported")


class AutomaticPlaceholderConstraint(AttachmentConstraint, frozen=True):
    """Stands in a transaction under construction until the builder chooses; never on the wire."""


@serializable("corda.SignatureAttachmentConstraint", registry=PLATFORM, intern=True)
class SignatureAttachmentConstraint(AttachmentConstraint, frozen=True):
    """Any attachment whose signers fulfil ``key``."""

    key: PublicKey

    def is_satisfied_by(self, attachment: "ContractAttachment") -> bool:
        """Whether the attachment's signers fulfil the key."""
        return self.key.is_fulfilled_by(attachment.signers)


class AlwaysAcceptAttachmentConstraint(AttachmentConstraint, frozen=True):
    """Any attachment. Raises: FeatureNotSupportedException on construction."""

    def __post_init__(self) -> None:
        _refuse(self)


class HashAttachmentConstraint(AttachmentConstraint, frozen=True):
    """One exact attachment. Raises: FeatureNotSupportedException on construction."""

    attachment_id: "SecureHash"

    def __post_init__(self) -> None:
        _refuse(self)


class WhitelistedByZoneAttachmentConstraint(AttachmentConstraint, frozen=True):
    """What the network parameters list. Raises: FeatureNotSupportedException on construction."""

    def __post_init__(self) -> None:
        _refuse(self)


def _refuse(constraint: AttachmentConstraint) -> None:
    raise FeatureNotSupportedException(f"{type(constraint).__name__} is not supported")


def can_be_transitioned_from(output: AttachmentConstraint, source: AttachmentConstraint) -> bool:
    """Whether an output under ``output`` may succeed an input under ``source``.

    Source: net.corda.core.internal.ConstraintsUtils, canBeTransitionedFrom.
    Raises: IllegalArgumentError for a placeholder on either side.
    """
    for constraint in (source, output):
        if isinstance(constraint, AutomaticPlaceholderConstraint):
            raise IllegalArgumentError(f"Illegal constraint: {type(constraint).__name__}")
    return output == source


def signature_constraint_for(signers: tuple[PublicKey, ...]) -> SignatureAttachmentConstraint:
    """The constraint of an attachment with these signers: their key, or all of them together.

    Raises: FeatureNotSupportedException for an unsigned attachment, which would need another
    constraint.
    """
    if not signers:
        raise FeatureNotSupportedException("an unsigned attachment needs a hash constraint")
    builder = CompositeKeyBuilder()
    for key in sorted(signers, key=lambda one: one.encoded):
        builder.add_key(key)
    return SignatureAttachmentConstraint(builder.build())
