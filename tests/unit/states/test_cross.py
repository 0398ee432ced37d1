"""What a transaction's commands say to Cross: who signed, and what its contracts answer."""

from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

import pytest

from corda_sim.core.contracts import CommandWithParties, ContractState
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import AbstractParty
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.cross import paths
from corda_sim.cross.auth.types import Account
from corda_sim.cross.contract.module import CallId
from corda_sim.cross.contract.module import ContractCall as Call
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused, ErrNotSigned, ErrUnexpectedState
from corda_sim.cross.initiator.types import (
    ContractTransaction,
    InitiateTxState,
    InitiateTxStatus,
    MsgInitiateTx,
)
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.context import Context
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.store import MemoryStore
from states.cross.accounts import CrossAccount
from states.cross.call_info import CallInfo
from states.cross.commands import AccountSigns, ContractAction, ContractCall
from states.cross.environment import ContractCallMissing, check_answers, contract_of, environment_of
from tests.unit.ibc.chain import Chain
from tests.unit.states.ledger import ALICE, BOB, key, transaction

A, B, K = ALICE.owning_key, BOB.owning_key, key(60)
UUID_ = UUID(int=7)
ALICE_ID = f"{ALICE.name}#{UUID_}".encode()
APP = "test.App"
CONTRACTS = {"app": APP, "other": "test.Other"}
INFO = CallInfo("app", b"arguments").encode()
SIGNS = AccountSigns(ALICE, UUID_, K)
MSG = MsgInitiateTx(
    "corda",
    1,
    CommitProtocol.SIMPLE,
    (ContractTransaction(AnyMessage.pack(SELF), (Account.local(ALICE_ID),), INFO),),
    (Account.local(ALICE_ID),),
)
HERE = CallId(MSG.tx_id, 0)
CALL = Call(HERE, SELF, (Account.local(ALICE_ID),), INFO, (), None)


class Stated(ContractState):
    """Any state of the application's."""

    belongs_to_contract: ClassVar[str] = APP

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return ()


def answer(action: ContractAction, result: bytes = b"") -> ContractCall:
    return ContractCall(APP, action, MSG.tx_id, 0, INFO, result)


def signed(
    by: tuple[PublicKey, ...] = (A, K), signs: AccountSigns = SIGNS
) -> CommandWithParties[Any]:
    return CommandWithParties(by, signs)


def env(*answers: ContractCall | CommandWithParties[Any]) -> Environment:
    commands = [
        CommandWithParties((A,), one) if isinstance(one, ContractCall) else one for one in answers
    ]
    return environment_of(commands, "corda", CONTRACTS)


def context(*messages: MsgInitiateTx) -> Context:
    store = MemoryStore()
    for msg in messages:
        state = InitiateTxState(InitiateTxStatus.VERIFIED, msg)
        store.set(paths.initiated(msg.tx_id), state.encode())
    return Context(store, Moment.at(Height(0, 1), 1), [], {}, Chain("corda"))


# --- accounts ------------------------------------------------------------------------------------


def test_an_account_id_has_one_spelling() -> None:
    account = CrossAccount.parse(ALICE_ID)
    assert (account.host, account.account, account.id) == (ALICE.name, UUID_, ALICE_ID)
    assert SIGNS.id == ALICE_ID


@pytest.mark.parametrize(
    "account_id",
    [
        b"alice",
        b"",
        b"\xff#" + str(UUID_).encode(),
        f"{ALICE.name}#7".encode(),
        f"{ALICE.name}#{UUID(int=10)}".upper().encode(),
        f"C=GB, O=Alice Corp, L=London#{UUID_}".encode(),
        f"{ALICE.name}#{{{UUID_}}}".encode(),
    ],
)
def test_no_account_id(account_id: bytes) -> None:
    with pytest.raises(IllegalArgumentError):
        CrossAccount.parse(account_id)


def test_commands_travel() -> None:
    for command in (SIGNS, answer(ContractAction.COMMIT, b"r")):
        assert deserialize(serialize(command), object) == command


# --- who signed ----------------------------------------------------------------------------------


def test_identity_and_account_key_together_sign() -> None:
    env(signed()).local.require_signed(ALICE_ID)
    env(signed((K, A))).local.require_signed(ALICE_ID)


@pytest.mark.parametrize("by", [(A,), (K,), (A, B), (B, K), (A, K, B)])
def test_nothing_less_or_other_signs(by: tuple[PublicKey, ...]) -> None:
    with pytest.raises(ErrNotSigned, match="hasn't signed"):
        env(signed(by)).local.require_signed(ALICE_ID)


def test_an_account_signs_for_itself_alone() -> None:
    local = env(signed()).local
    for other in (f"{ALICE.name}#{UUID(int=8)}", f"{BOB.name}#{UUID_}", "alice", ""):
        with pytest.raises(ErrNotSigned):
            local.require_signed(other.encode())


def test_a_host_speaks_for_its_own_accounts_alone() -> None:
    by_bob = AccountSigns(BOB, UUID_, K)
    with pytest.raises(ErrNotSigned):
        env(signed((B, K), by_bob)).local.require_signed(ALICE_ID)


# --- what contracts answer -----------------------------------------------------------------------


def test_an_answer_returns_what_the_contract_returns() -> None:
    found = env(answer(ContractAction.PREPARE, b"result"))
    assert found.contracts.on_prepare(context(), CALL).data == b"result"
    found = env(answer(ContractAction.CALL, b"result"))
    assert found.contracts.on_call(context(), CALL).data == b"result"


@pytest.mark.parametrize(
    "changes",
    [
        {"contract": "test.Other"},
        {"action": ContractAction.CALL},
        {"action": ContractAction.COMMIT},
        {"tx_id": bytes(32)},
        {"tx_index": 1},
        {"call_info": CallInfo("app", b"other arguments").encode()},
    ],
)
def test_the_answer_to_another_call_is_none(changes: dict[str, object]) -> None:
    other = replace(answer(ContractAction.PREPARE), **changes)  # type: ignore[arg-type] # a row's
    with pytest.raises(ContractCallMissing, match=APP):
        env(other).contracts.on_prepare(context(), CALL)


def test_leaving_the_answer_out_decides_nothing() -> None:
    for attempt in (env().contracts.on_prepare, env().contracts.on_call):
        with pytest.raises(ContractCallMissing):
            attempt(context(), CALL)


def test_an_answer_counts_only_if_its_contract_runs() -> None:
    prepares = (answer(ContractAction.PREPARE), (A,))
    check_answers(transaction((Stated(),), (), prepares))
    check_answers(transaction((), (Stated(),), prepares))
    check_answers(transaction((), (), (answer(ContractAction.REFUSE), (A,))))
    with pytest.raises(IllegalArgumentError, match=f"a state of {APP} answers"):
        check_answers(transaction((), (), prepares))


def test_the_signers_of_a_call_may_refuse_it() -> None:
    refusal = answer(ContractAction.REFUSE, b"no coins")
    with pytest.raises(CallRefused, match="no coins"):
        env(refusal, signed()).contracts.on_prepare(context(), CALL)


def test_nobody_else_refuses_a_call() -> None:
    refusal = answer(ContractAction.REFUSE, b"no coins")
    with pytest.raises(ContractCallMissing, match="hasn't signed"):
        env(refusal).contracts.on_prepare(context(), CALL)
    remote = replace(CALL, signers=(Account.on_channel(b"\1" * 20, ChannelInfo("p", "c")),))
    with pytest.raises(ContractCallMissing, match="no account"):
        env(refusal, signed()).contracts.on_prepare(context(), remote)


@pytest.mark.parametrize(
    "call_info", [b"\xff", b"", CallInfo("unknown").encode(), INFO + b"\x18\x01"]
)
def test_a_call_to_no_contract_is_refused(call_info: bytes) -> None:
    call = replace(CALL, call_info=call_info)
    for attempt in (env().contracts.on_prepare, env().contracts.on_call):
        with pytest.raises(CallRefused):
            attempt(context(), call)
    assert contract_of(INFO, CONTRACTS) == APP


@pytest.mark.parametrize("action", [ContractAction.COMMIT, ContractAction.ABORT])
def test_the_contract_that_prepared_follows_the_decision(action: ContractAction) -> None:
    def follow(found: Environment, call_id: CallId = HERE) -> None:
        commits = action is ContractAction.COMMIT
        contracts = found.contracts
        (contracts.on_commit if commits else contracts.on_abort)(context(MSG), call_id)

    follow(env(answer(action)))
    other = ContractAction.ABORT if action is ContractAction.COMMIT else ContractAction.COMMIT
    another_contract = replace(answer(action), contract="test.Other")
    for missing in (env(), env(answer(other)), env(another_contract)):
        with pytest.raises(ContractCallMissing):
            follow(missing)
    for unknown in (CallId(bytes(32), 0), CallId(MSG.tx_id, 1)):
        with pytest.raises(ErrUnexpectedState, match="isn't prepared"):
            follow(env(answer(action)), unknown)
