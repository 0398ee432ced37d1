"""Collecting the signatures of other parties (net.corda.core.flows.CollectSignaturesFlow)."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import IllegalArgumentError, IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowException, FlowLogic, FlowSession, flow_name
from flows.data_vending import SendTransactionFlow
from flows.resolution import ReceiveTransactionFlow

COLLECTING = "Collecting signatures from counterparties."
VERIFYING = "Verifying collected signatures."
RECEIVING = "Receiving transaction proposal for signing."
VERIFYING_PROPOSAL = "Verifying transaction proposal."
SIGNING = "Signing transaction proposal."


@flow_name("corda.CollectSignaturesFlow")
class CollectSignaturesFlow(FlowLogic[SignedTransaction]):
    """Have every other signer sign, side by side; the counterparties run a SignTransactionFlow.

    The initiator has signed with `my_keys` (its legal identity's key by default). There is exactly
    one session for each well-known party whose keys must sign; the notary isn't among them.

    Raises: IllegalArgumentError for missing or superfluous sessions, SignatureException for an
    answer that doesn't sign, and whatever a counterparty's FlowException says.
    """

    steps: ClassVar[tuple[str, ...]] = (COLLECTING, VERIFYING)

    def __init__(
        self,
        partially_signed: SignedTransaction,
        sessions: Iterable[FlowSession],
        my_keys: Iterable[PublicKey] | None = None,
    ) -> None:
        self.transaction = partially_signed
        self.sessions = tuple(sessions)
        self.my_keys = None if my_keys is None else tuple(my_keys)

    async def call(self) -> SignedTransaction:
        """The transaction with all signatures but the notary's."""
        self.set_step(COLLECTING)
        stx = self.transaction
        self._check_initiator_signed()
        asked = self._keys_by_session()
        if asked:
            sessions = [session for session, _ in asked]
            await self.sub_flow(SendTransactionFlow(sessions, stx))
            for session, keys in asked:
                await session.send(keys)
            answers = await self.receive_all(tuple, sessions)
            for (_, keys), answer in zip(asked, answers, strict=True):
                stx = stx.with_additional_signatures(_checked(answer.unwrap(tuple), keys, stx))
        self.set_step(VERIFYING)
        stx.verify_signatures_except(*_notary_key(stx))
        return stx

    def _check_initiator_signed(self) -> None:
        mine = frozenset(self.my_keys or (self.our_identity.owning_key,))
        signed = {signature.by for signature in self.transaction.sigs}
        ours = [key for key in mine if key.is_fulfilled_by(signed)]
        if len(ours) < len(mine):
            raise IllegalArgumentError(
                "The Initiator of CollectSignaturesFlow must have signed the transaction."
            )
        self.transaction.check_signatures_are_valid()

    def _unsigned(self) -> list[PublicKey]:
        """Leaf keys that have still to sign, the notary's apart, in a stable order."""
        stx = self.transaction
        missing = stx.get_missing_signers() - set(_notary_key(stx))
        signed = {signature.by for signature in stx.sigs}
        leaves = {leaf for key in missing for leaf in key.keys} - signed
        return sorted(leaves, key=lambda key: key.encoded)

    def _keys_by_session(self) -> list[tuple[FlowSession, tuple[PublicKey, ...]]]:
        sessions = {session.counterparty: session for session in self.sessions}
        if len(sessions) < len(self.sessions):
            raise IllegalArgumentError("There are multiple sessions initiated for one party")
        keys: dict[Party, list[PublicKey]] = {}
        unknown: list[PublicKey] = []
        for key in self._unsigned():
            party = self.service_hub.well_known_party_from_anonymous(key)
            if party is None or party == self.our_identity:
                unknown.append(key)
            else:
                keys.setdefault(party, []).append(key)
        _check_sessions(sessions, keys, unknown)
        return [(sessions[party], tuple(wanted)) for party, wanted in keys.items()]


def _check_sessions(
    sessions: dict[Party, FlowSession], keys: dict[Party, list[PublicKey]], unknown: list[PublicKey]
) -> None:
    if unknown:
        raise IllegalArgumentError(
            f" Unable to match key(s): {', '.join(map(str, unknown))} to a session to collect "
            f"signatures from"
        )
    for party in keys:
        if party not in sessions:
            raise IllegalArgumentError(
                f"{party} is a required signer, but no session has been passed in for them"
            )
    extra = [str(party) for party in sessions if party not in keys]
    if extra:
        raise IllegalArgumentError(
            "The Initiator of CollectSignaturesFlow must pass in exactly the sessions required to "
            f"sign the transaction, the following extra sessions were passed in: {extra}"
        )


def _checked(
    answer: Sequence[object], keys: tuple[PublicKey, ...], stx: SignedTransaction
) -> list[TransactionSignature]:
    signatures = [one for one in answer if isinstance(one, TransactionSignature)]
    if len(signatures) != len(answer) or len(signatures) != len(keys):
        raise FlowException("Need signature for each signing key")
    if {signature.by for signature in signatures} != set(keys):
        raise FlowException("Not signed by the required signing key.")
    for signature in signatures:
        signature.verify(stx.id)
    return signatures


def _notary_key(stx: SignedTransaction) -> tuple[PublicKey, ...]:
    return () if stx.notary is None else (stx.notary.owning_key,)


class SignTransactionFlow(FlowLogic[SignedTransaction]):
    """Sign what the other side proposes, once `check_transaction` has found it right.

    The transaction isn't recorded: finality does that. Source: net.corda.core.flows.

    Raises: FlowException, also in place of what `check_transaction` raises; IllegalArgumentError
    for a request for keys that aren't to sign.
    """

    steps: ClassVar[tuple[str, ...]] = (RECEIVING, VERIFYING_PROPOSAL, SIGNING)

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    def check_transaction(self, stx: SignedTransaction) -> None:
        """Raise unless this party agrees to the transaction, whose contracts are satisfied."""
        raise NotImplementedError

    async def call(self) -> SignedTransaction:
        """The transaction with this party's signatures."""
        self.set_step(RECEIVING)
        stx = await self.sub_flow(
            ReceiveTransactionFlow(self.session, check_sufficient_signatures=False)
        )
        keys = self._requested((await self.session.receive(tuple)).unwrap(tuple), stx)
        self.set_step(VERIFYING_PROPOSAL)
        self._check_initiator_signed(stx)
        self._check(stx)
        self.set_step(SIGNING)
        signatures = tuple(self.service_hub.create_signature(stx.id, key) for key in keys)
        await self.session.send(signatures)
        return stx.with_additional_signatures(signatures)

    def _requested(self, asked: Sequence[object], stx: SignedTransaction) -> list[PublicKey]:
        keys = [key for key in asked if isinstance(key, PublicKey)]
        if not keys or len(keys) != len(asked) or len(set(keys)) != len(keys):
            raise IllegalArgumentError("A signature was requested for what isn't a list of keys")
        required = {leaf for key in stx.required_signing_keys for leaf in key.keys}
        if not required.issuperset(keys):
            raise IllegalArgumentError(
                "A signature was requested for a key that isn't part of the required signing keys "
                f"for transaction {stx.id}"
            )
        if not all(map(self.service_hub.is_our_key, keys)):
            raise IllegalArgumentError("A signature was requested for a key that isn't ours")
        return keys

    def _check_initiator_signed(self, stx: SignedTransaction) -> None:
        well_known = self.service_hub.well_known_party_from_anonymous
        signers = [well_known(signature.by) for signature in stx.sigs]
        if self.session.counterparty not in signers:
            raise IllegalArgumentError(
                "The Initiator of CollectSignaturesFlow must have signed the transaction."
            )

    def _check(self, stx: SignedTransaction) -> None:
        try:
            self.check_transaction(stx)
        except (IllegalArgumentError, IllegalStateError, AssertionError) as error:
            raise FlowException(str(error)) from error
