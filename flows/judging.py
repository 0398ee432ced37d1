"""Judging a transaction for a validator: its rules, its log, its signature."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import ClassVar

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.crypto.signatures import TransactionSignature
from corda_sim.core.identity import Party
from corda_sim.core.instants import micros_of
from corda_sim.core.serialization import INSTALLED, deserialize, serialize
from corda_sim.core.transactions import SignedTransaction
from corda_sim.flow import FlowLogic
from corda_sim.flow.validator_policy import SignedAway, ValidatorPolicy
from flows.bridge.burning import RequireBurntFlow
from flows.ibc.service import bridge_service
from flows.ibc.validating import BridgeCase, check_bridge
from flows.refusals import (
    AlreadySignedRefused,
    ImpostorRefused,
    NotAllowedRefused,
    SignatureNotRequiredRefused,
    SignaturesMissingRefused,
    TimeWindowRefused,
    TwinStateRefused,
    UnknownNotaryRefused,
)
from flows.validator_service import validator_policy
from states.cash import Restore
from states.cross.commands import AccountSigns

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


class JudgeFlow(FlowLogic[TransactionSignature]):
    """Apply the rules of this node, a validator, to a transaction that it has verified; sign it.

    ``requester`` is whom the log names. The log's rows commit before the signature leaves.

    Raises: ValidationRefusedException.
    """

    steps: ClassVar[tuple[str, ...]] = (JUDGING, SIGNING)

    def __init__(self, transaction: SignedTransaction, requester: Party) -> None:
        self.transaction = transaction
        self.requester = requester

    async def call(self) -> TransactionSignature:
        """The signature."""
        self.set_step(JUDGING)
        stx, now = self.transaction, self.service_hub.now()
        case = BridgeCase(self.service_hub.services, stx, self._key, self._signed_before)
        self._check_signatures(stx, case.fellows)
        until = self._check_window(stx, now)
        self._check_allowed(stx)
        self._check_accounts(stx)
        check_bridge(case)
        held = (*self._check_begun(case), *await self._check_restored())
        self._check_not_signed_away((*stx.inputs, *held), now)
        self.set_step(SIGNING)
        self._log(stx, held, now, until)
        return self.service_hub.create_signature(stx.id, self._key)

    @property
    def _key(self) -> PublicKey:
        return self.our_identity.owning_key

    def _signed_before(self, transactions: Collection[SecureHash]) -> Collection[SecureHash]:
        policy, asked = self._policy(), tuple(sorted(transactions))
        data = self.context.record("signed", lambda: serialize(policy.signed_before(asked)))
        return deserialize(data, tuple[SecureHash, ...])

    def _check_signatures(self, stx: SignedTransaction, fellows: frozenset[PublicKey]) -> None:
        key, notary = self._key, stx.notary
        if key not in stx.required_signing_keys:
            raise SignatureNotRequiredRefused(f"{stx.id} doesn't need the validator's signature")
        if notary is None or not self.service_hub.is_notary(notary):
            raise UnknownNotaryRefused(f"{notary} is not a notary on the network")
        # else anyone could have states of others held back by an unsigned transaction
        missing = stx.get_missing_signers() - {key, notary.owning_key} - fellows
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
        hosts = tuple(dict.fromkeys(one.host for one in values if isinstance(one, AccountSigns)))
        if not hosts:
            return

        def find() -> bytes:
            known = self.service_hub.well_known_party
            return serialize(tuple(str(one.name) for one in hosts if known(one.name) != one))

        names = deserialize(self.context.record("impostors", find), tuple[str, ...])
        if names:
            raise ImpostorRefused(f"An account signs with another key than {', '.join(names)} has")

    def _check_begun(self, case: BridgeCase) -> tuple[StateRef, ...]:
        """What stands for the states that are begun: held back like states that are consumed."""
        host, begun = case.host, case.begun
        if host is None or not begun:
            return ()

        def find() -> bytes:
            known = bridge_service(self).index.host(host.base_id).refs
            return serialize(tuple(key for key in begun if key in known))

        twins = deserialize(self.context.record("twins", find), tuple[str, ...])
        if twins:
            raise TwinStateRefused(f"{', '.join(twins)} of host {host.base_id} is there already")
        names = (f"{host.base_id}/{key}" for key in begun)
        return tuple(StateRef(SecureHash.sha256(name.encode()), 0) for name in names)

    async def _check_restored(self) -> tuple[StateRef, ...]:
        """Locks to be made again, held back like states that are consumed."""
        commands = self.transaction.commands
        if not any(isinstance(command.value, Restore) for command in commands):
            return ()
        return (await self.sub_flow(RequireBurntFlow(self.transaction, self.requester)),)

    def _check_not_signed_away(self, refs: tuple[StateRef, ...], now: datetime) -> None:
        policy, stx = self._policy(), self.transaction
        data = self.context.record("signed-away", lambda: serialize(policy.signed_away(refs)))
        for signed in deserialize(data, tuple[SignedAway, ...]):
            if signed.transaction_id != stx.id and now < signed.until:
                raise AlreadySignedRefused(
                    f"{signed.ref} was signed away in {signed.transaction_id}, whose time window "
                    f"lasts until {signed.until.isoformat()}"
                )

    def _log(
        self, stx: SignedTransaction, held: tuple[StateRef, ...], now: datetime, until: datetime
    ) -> None:
        row = {
            "transaction_id": str(stx.id),
            "signed_at": micros_of(now),
            "until_time": micros_of(until),
        }
        requester = str(self.requester.name)
        refs: Iterable[StateRef | None] = stx.inputs or (None,)
        for ref in refs:
            text = "" if ref is None else str(ref)
            self.execute(_LOG, **row, state_ref=text, requester=requester)
        for ref in (*stx.inputs, *held):
            self.execute(_LOCK, **row, state_ref=str(ref))

    def _policy(self) -> ValidatorPolicy:
        return validator_policy(self)


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
