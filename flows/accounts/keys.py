"""Fresh keys for accounts of other hosts (RequestKeyForAccount, SendKeyForAccount).

The host proves that it holds the new key by signing a random challenge of the requester, joined
with randomness of its own so that it never signs bytes of the requester's choice. Source: the
confidential-identities library, RequestKeyFlow and ProvideKeyFlow.
"""

from dataclasses import dataclass
from uuid import UUID

from corda_sim.accounts.account_service import Account
from corda_sim.core.crypto.crypto import verify
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalStateError, SignatureException
from corda_sim.core.identity import AnonymousParty
from corda_sim.core.serialization import serializable, serialize
from corda_sim.flow import (
    FlowException,
    FlowLogic,
    FlowSession,
    flow_name,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from corda_sim.flow.service_hub import FlowServiceHub
from flows.accounts.lookup import account_by_id, find_account

CHALLENGE_SIZE = 32
_TAG = b"corda-sim key for account\x00"


@serializable("corda_sim.accounts.RequestKey")
@dataclass(frozen=True, slots=True)
class RequestKey:
    """A new key for this account, please, and a signature over the challenge (32 bytes)."""

    account: UUID
    challenge: bytes


@serializable("corda_sim.accounts.SignedKeyForAccount")
@dataclass(frozen=True, slots=True)
class SignedKeyForAccount:
    """The account's new key, and the proof that the host holds it."""

    key: PublicKey
    additional_challenge: bytes
    signature: bytes

    def verify(self, request: RequestKey) -> None:
        """Raises: SignatureException unless the key signed both challenges for the account."""
        if len(self.additional_challenge) != CHALLENGE_SIZE:
            raise SignatureException("The additional challenge has the wrong size")
        verify(self.key, self.signature, signed_bytes(request, self.additional_challenge, self.key))


@serializable("corda_sim.accounts.AccountNotFound")
@dataclass(frozen=True, slots=True)
class AccountNotFound:
    """The node doesn't host the account (AccountSearchStatus.NOT_FOUND)."""

    account: UUID


def prove(hub: FlowServiceHub, request: RequestKey, key: PublicKey) -> SignedKeyForAccount:
    """The proof that `key` is held here. Raises: UnknownKeyException."""
    additional = hub.random_bytes(CHALLENGE_SIZE)
    signature = hub.sign_bytes(signed_bytes(request, additional, key), key)
    return SignedKeyForAccount(key, additional, signature)


def signed_bytes(request: RequestKey, additional: bytes, key: PublicKey) -> bytes:
    """What the new key signs."""
    return _TAG + serialize((request.account, request.challenge, additional, key))


@flow_name("corda_sim.accounts.RequestKeyForAccountFlow")
class RequestKeyForAccountFlow(FlowLogic[AnonymousParty]):
    """Get a fresh key for an account from its host, which runs SendKeyForAccountFlow.

    Raises: IllegalStateError when the host doesn't know the account, SignatureException for a key
    that isn't proven.
    """

    def __init__(self, account: Account, session: FlowSession) -> None:
        self.account = account
        self.session = session

    async def call(self) -> AnonymousParty:
        """The key, registered as the host's and the account's."""
        account, hub = self.account, self.service_hub
        if self.session.counterparty != account.host:
            raise IllegalStateError(
                "The session counterparty must be the same as the account info host."
            )
        request = RequestKey(account.identifier, hub.random_bytes(CHALLENGE_SIZE))
        received = await self.session.send_and_receive(object, request)
        answer = received.unwrap(lambda value: value)
        if isinstance(answer, AccountNotFound):
            raise IllegalStateError(
                f"Account Host: {account.host} for {account.identifier} ({account.name}) responded "
                f"with a not found status - contact them for assistance"
            )
        if not isinstance(answer, SignedKeyForAccount):
            raise FlowException(f"Expected a key for an account, got {type(answer).__name__}")
        answer.verify(request)
        hub.register_key(answer.key, account.host, account.identifier)
        return AnonymousParty(answer.key)


@flow_name("corda_sim.accounts.SendKeyForAccountFlow")
class SendKeyForAccountFlow(FlowLogic[AnonymousParty | None]):
    """Make a key for an account of this node and prove that it is held here."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> AnonymousParty | None:
        """The key; None when the account isn't hosted here."""
        request = (await self.session.receive(RequestKey)).unwrap(lambda value: value)
        if len(request.challenge) != CHALLENGE_SIZE:
            raise FlowException(f"A challenge has {CHALLENGE_SIZE} bytes")
        account = account_by_id(self, request.account)
        if account is None or account.host != self.our_identity:
            await self.session.send(AccountNotFound(request.account))
            return None
        key = self.service_hub.fresh_key(account.identifier)
        await self.session.send(prove(self.service_hub, request, key))
        return AnonymousParty(key)


@flow_name("corda_sim.accounts.ProveKeyForAccount")
class ProveKeyForAccount(FlowLogic[None]):
    """Prove to the other side that a key which it is told of is held here.

    Raises: FlowException for a request about another account.
    """

    def __init__(self, account: UUID, key: PublicKey, session: FlowSession) -> None:
        self.account = account
        self.key = key
        self.session = session

    async def call(self) -> None:
        """Sign the other side's challenge."""
        request = (await self.session.receive(RequestKey)).unwrap(lambda value: value)
        if request.account != self.account or len(request.challenge) != CHALLENGE_SIZE:
            raise FlowException(f"Expected a challenge for a key of account {self.account}")
        await self.session.send(prove(self.service_hub, request, self.key))


@flow_name("corda_sim.accounts.VerifyKeyForAccount")
class VerifyKeyForAccount(FlowLogic[None]):
    """Have the other side prove a key of one of its accounts, and register it.

    Raises: SignatureException for a key that isn't proven.
    """

    def __init__(self, account: UUID, key: PublicKey, session: FlowSession) -> None:
        self.account = account
        self.key = key
        self.session = session

    async def call(self) -> None:
        """Challenge, verify, register."""
        hub = self.service_hub
        request = RequestKey(self.account, hub.random_bytes(CHALLENGE_SIZE))
        received = await self.session.send_and_receive(SignedKeyForAccount, request)
        proof = received.unwrap(lambda value: value)
        if proof.key != self.key:
            raise SignatureException(f"Another key than {self.key} was proven")
        proof.verify(request)
        hub.register_key(self.key, self.session.counterparty, self.account)


@startable_by_rpc
@initiating_flow("corda_sim.accounts.RequestKeyForAccount")
class RequestKeyForAccount(FlowLogic[AnonymousParty]):
    """A fresh key for an account, wherever it is hosted (`name`, `name@Party` or UUID)."""

    def __init__(self, account: str) -> None:
        self.account = account

    async def call(self) -> AnonymousParty:
        """The key, known to this node as the account's."""
        account = find_account(self, self.account)
        if account.host == self.our_identity:
            return AnonymousParty(self.service_hub.fresh_key(account.identifier))
        session = self.initiate_flow(account.host)
        return await self.sub_flow(RequestKeyForAccountFlow(account, session))


@initiated_by(RequestKeyForAccount)
class SendKeyForAccount(FlowLogic[AnonymousParty | None]):
    """The other side of RequestKeyForAccount."""

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> AnonymousParty | None:
        """The key."""
        return await self.sub_flow(SendKeyForAccountFlow(self.session))
