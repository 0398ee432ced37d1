"""Exchanging fresh keys (net.corda.confidential.SwapIdentitiesFlow).

A key is tied to its owner by two signatures over the same assertion: the new key's, which proves
possession, and the legal identity's, which stands in for Corda's certificate of the key.
"""

from dataclasses import dataclass
from typing import ClassVar

from corda_sim.core.crypto.crypto import verify
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import AnonymousParty, CordaX500Name, Party
from corda_sim.core.serialization import serializable, serialize
from corda_sim.flow import FlowException, FlowLogic, FlowSession, flow_name
from corda_sim.flow.registry import initiated_by, initiating_flow

GENERATING_IDENTITY = "Generating our anonymous identity"
SIGNING_IDENTITY = "Signing our anonymous identity"
AWAITING_IDENTITY = "Awaiting counterparty's anonymous identity"
VERIFYING_IDENTITY = "Verifying counterparty's anonymous identity"


class SwapIdentitiesException(FlowException):
    """The other side's key isn't proven to be its own (SwapIdentitiesException)."""

    wire_name = "corda.SwapIdentitiesException"


@serializable("corda.CertificateOwnershipAssertion")
@dataclass(frozen=True, slots=True)
class CertificateOwnershipAssertion:
    """`owning_key` is a key of the party called `x500_name`."""

    x500_name: CordaX500Name
    owning_key: PublicKey


@serializable("corda.IdentityWithSignature")
@dataclass(frozen=True, slots=True)
class IdentityWithSignature:
    """An assertion, signed by the key itself and by the legal identity."""

    assertion: CertificateOwnershipAssertion
    key_signature: bytes
    identity_signature: bytes

    def verify(self, owner: Party) -> None:
        """Raises: SwapIdentitiesException unless it proves a key of `owner`."""
        if self.assertion.x500_name != owner.name:
            raise SwapIdentitiesException(
                "Certificate subject must match counterparty's well known identity."
            )
        data = serialize(self.assertion)
        try:
            verify(self.assertion.owning_key, self.key_signature, data)
            verify(owner.owning_key, self.identity_signature, data)
        except SignatureException as error:
            raise SwapIdentitiesException(
                "Signature does not match the expected identity ownership assertion."
            ) from error


@serializable("corda.SwappedIdentities")
@dataclass(frozen=True, slots=True)
class SwappedIdentities:
    """The keys that both sides use from now on."""

    ours: AnonymousParty
    theirs: AnonymousParty


@flow_name("corda.SwapIdentitiesFlow")
class SwapIdentitiesFlow(FlowLogic[SwappedIdentities]):
    """Swap fresh keys with the other side, which runs the same flow.

    Raises: SwapIdentitiesException when the other side's key isn't proven.
    """

    steps: ClassVar[tuple[str, ...]] = (
        GENERATING_IDENTITY,
        SIGNING_IDENTITY,
        AWAITING_IDENTITY,
        VERIFYING_IDENTITY,
    )

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SwappedIdentities:
        """Both new keys; the other side's is registered."""
        self.set_step(GENERATING_IDENTITY)
        key = self.service_hub.fresh_key()
        self.set_step(SIGNING_IDENTITY)
        ours = self._signed(key)
        self.set_step(AWAITING_IDENTITY)
        received = await self.session.send_and_receive(IdentityWithSignature, ours)
        theirs = received.unwrap(lambda value: value)
        self.set_step(VERIFYING_IDENTITY)
        owner = self.session.counterparty
        theirs.verify(owner)
        self.service_hub.register_key(theirs.assertion.owning_key, owner)
        return SwappedIdentities(AnonymousParty(key), AnonymousParty(theirs.assertion.owning_key))

    def _signed(self, key: PublicKey) -> IdentityWithSignature:
        hub = self.service_hub
        assertion = CertificateOwnershipAssertion(self.our_identity.name, key)
        data = serialize(assertion)
        return IdentityWithSignature(assertion, hub.sign_bytes(data, key), hub.sign_bytes(data))


@initiating_flow("corda_sim.SwapIdentitiesInitiator")
class SwapIdentitiesInitiator(FlowLogic[SwappedIdentities]):
    """Swap fresh keys with a party, in a session of its own."""

    def __init__(self, other: Party) -> None:
        self.other = other

    async def call(self) -> SwappedIdentities:
        """Both new keys."""
        return await self.sub_flow(SwapIdentitiesFlow(self.initiate_flow(self.other)))


@initiated_by(SwapIdentitiesInitiator)
class SwapIdentitiesResponder(FlowLogic[SwappedIdentities]):
    """The other side of SwapIdentitiesInitiator."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> SwappedIdentities:
        """Both new keys."""
        return await self.sub_flow(SwapIdentitiesFlow(self.session))
