"""Co-signing by a validator: a node that verifies everything before the notary is asked.

It resolves and verifies the whole chain as a party would, and signs only what its operator allows.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, ClassVar

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.instants import micros_of
from corda_sim.core.serialization import INSTALLED, deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowException, FlowLogic, FlowSession, initiated_by, initiating_flow
from corda_sim.flow.validator_policy import SignedAway, ValidatorPolicy
from flows.data_vending import SendTransactionFlow
from flows.resolution import INVALID_TRANSACTION, ReceiveTransactionFlow
from states.cross.commands import AccountSigns

RESOLVING = "Resolving and verifying the transaction"
JUDGING = "Applying the validator's rules"
SIGNING = "Signing"

_LOG = (
    "INSERT INTO validator_log (transaction_id, state_ref, requester, signed_at, until_time) "
    "VALUES (:transaction_id, :state_ref, :requester, :signed_at, :until_time) "
    "ON CONFLICT (transaction_id, state_ref) DO NOTHING"
)
# Two flows may judge the same state before either commits: the second one's row then breaks the
# NOT NULL constraint, its step fails, and the flow judges anew with the first one's row in sight.
_LOCK = (
    "INSERT INTO validator_locks (state_ref, transaction_id, until_time) "
    "VALUES (:state_ref, :transaction_id, :until_time) "
    "ON CONFLICT (state_ref) DO UPDATE SET until_time = excluded.until_time, "
    "transaction_id = CASE WHEN validator_locks.transaction_id = excluded.transaction_id "
    "OR validator_locks.until_time <= :signed_at THEN excluded.transaction_id END"
)


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
    """There is no time window with an end, or it has passed."""

    wire_name = "corda_sim.validator.TimeWindowRefused"


class NotAllowedRefused(ValidationRefusedException):
    """A contract or command isn't in `validator.allow`."""

    wire_name = "corda_sim.validator.NotAllowedRefused"


class AlreadySignedRefused(ValidationRefusedException):
    """The validator signed another transaction that may still consume one of the inputs."""

    wire_name = "corda_sim.validator.AlreadySignedRefused"


class ImpostorRefused(ValidationRefusedException):
    """An account signs for Cross by the key of somebody else than the node that it is said of."""

    wire_name = "corda_sim.validator.ImpostorRefused"


@initiating_flow("corda_sim.validator.RequestValidationFlow")
class RequestValidationFlow(FlowLogic[SignedTransaction]):
    """Have a validator sign a transaction that everyone else but the notary has signed.

    Raises: ValidationRefusedException, SignatureException for an answer that doesn't sign.
    """

    def __init__(self, transaction: SignedTransaction, validator: Party) -> None:
        self.transaction = transaction
        self.validator = validator

    async def call(self) -> SignedTransaction:
        """The transaction with the validator's signature."""
        stx = self.transaction
        session = self.initiate_flow(self.validator)
        await self.sub_flow(SendTransactionFlow(session, stx))
        received = await session.receive(TransactionSignature)
        signature = received.unwrap(lambda value: value)
        if signature.by != self.validator.owning_key:
            raise SignatureException(f"Signed by {signature.by}, not by {self.validator}")
        signature.verify(stx.id)
        return stx.with_additional_signature(signature)


@initiated_by(RequestValidationFlow)
class ValidatorFlow(FlowLogic[None]):
    """The validator's side: verify all, judge, log, sign. The transaction isn't recorded.

    Raises: ValidationRefusedException, which the requester gets.
    """

    steps: ClassVar[tuple[str, ...]] = (RESOLVING, JUDGING, SIGNING)

    def __init__(self, session: FlowSession) -> None:
        self.session = session

    async def call(self) -> None:
        """Answer with one signature. Its log rows commit before it leaves."""
        self.set_step(RESOLVING)
        stx = await self._receive()
        self.set_step(JUDGING)
        now = self.service_hub.now()
        self._check_signatures(stx)
        until = self._check_window(stx, now)
        self._check_allowed(stx)
        self._check_accounts(stx)
        self._check_not_signed_away(stx, now)
        self.set_step(SIGNING)
        self._log(stx, now, until)
        key = self.our_identity.owning_key
        await self.session.send(self.service_hub.create_signature(stx.id, key))

    async def _receive(self) -> SignedTransaction:
        receiving = ReceiveTransactionFlow(self.session, check_sufficient_signatures=False)
        try:
            return await self.sub_flow(receiving)
        except INVALID_TRANSACTION as error:
            raise InvalidTransactionRefused(str(error)) from error

    def _check_signatures(self, stx: SignedTransaction) -> None:
        key, notary = self.our_identity.owning_key, stx.notary
        if key not in stx.required_signing_keys:
            raise SignatureNotRequiredRefused(f"{stx.id} doesn't need the validator's signature")
        if notary is None or not self.service_hub.is_notary(notary):
            raise UnknownNotaryRefused(f"{notary} is not a notary on the network")
        # else anyone could have states of others held back by an unsigned transaction
        missing = stx.get_missing_signers() - {key, notary.owning_key}
        if missing:
            names = ", ".join(sorted(map(str, missing)))
            raise SignaturesMissingRefused(f"Everyone else signs before the validator: {names}")

    def _check_window(self, stx: SignedTransaction, now: datetime) -> datetime:
        window = stx.time_window
        if window is None or window.until_time is None:
            raise TimeWindowRefused("The validator signs only what has a time window with an end")
        if window.until_time <= now:
            raise TimeWindowRefused(f"The time window ended at {window.until_time.isoformat()}")
        return window.until_time

    def _check_allowed(self, stx: SignedTransaction) -> None:
        policy = self._policy()
        spent = (self.service_hub.state_and_ref(ref).state for ref in stx.inputs)
        contracts = dict.fromkeys(state.contract for state in (*spent, *stx.outputs))
        commands = dict.fromkeys(
            INSTALLED.wire_name_of(type(command.value)) for command in stx.commands
        )
        check_allowed(contracts, commands, policy.allows)

    def _check_accounts(self, stx: SignedTransaction) -> None:
        """Contracts see no certificates: whose key a legal name has is for nodes to know."""
        values = (command.value for command in stx.commands)
        hosts = dict.fromkeys(one.host for one in values if isinstance(one, AccountSigns))
        if not hosts:
            return

        def find() -> bytes:
            known = self.service_hub.well_known_party
            return serialize(tuple(str(one.name) for one in hosts if known(one.name) != one))

        names = deserialize(self.context.record("impostors", find), tuple[str, ...])
        if names:
            raise ImpostorRefused(f"An account signs with another key than {', '.join(names)} has")

    def _check_not_signed_away(self, stx: SignedTransaction, now: datetime) -> None:
        policy = self._policy()
        data = self.context.record("signed-away", lambda: serialize(policy.signed_away(stx.inputs)))
        for signed in deserialize(data, tuple[SignedAway, ...]):
            if signed.transaction_id != stx.id and now < signed.until:
                raise AlreadySignedRefused(
                    f"{signed.ref} was signed away in {signed.transaction_id}, whose time window "
                    f"lasts until {signed.until.isoformat()}"
                )

    def _log(self, stx: SignedTransaction, now: datetime, until: datetime) -> None:
        row = {
            "transaction_id": str(stx.id),
            "signed_at": micros_of(now),
            "until_time": micros_of(until),
        }
        requester = str(self.session.counterparty.name)
        refs: Iterable[StateRef | None] = stx.inputs or (None,)
        for ref in refs:
            text = "" if ref is None else str(ref)
            self.execute(_LOG, **row, state_ref=text, requester=requester)
            if ref is not None:
                self.execute(_LOCK, **row, state_ref=text)

    def _policy(self) -> ValidatorPolicy:
        return validator_policy(self)


def validator_policy(flow: FlowLogic[Any]) -> ValidatorPolicy:
    """The validator's settings and log."""
    policy: ValidatorPolicy = flow.service_hub.cordapp_service(
        ValidatorPolicy  # type: ignore[type-abstract] # the node's own is found by it
    )
    return policy


def check_allowed(
    contracts: Iterable[str], commands: Iterable[str], allows: Callable[[str, str], bool]
) -> None:
    """Every contract goes with an allowed command, and every command with an allowed contract.

    Raises: NotAllowedRefused with the first that doesn't.
    """
    all_contracts, all_commands = tuple(contracts), tuple(commands)
    for contract in all_contracts:
        if not any(allows(contract, command) for command in all_commands):
            raise NotAllowedRefused(f"Contract {contract} isn't in validator.allow")
    for command in all_commands:
        if not any(allows(contract, command) for contract in all_contracts):
            raise NotAllowedRefused(f"Command {command} isn't in validator.allow")
