"""A bank whose node is patched: what it makes up stops at the validator, and at the notary too.

Each forgery is an honest transaction of a DvP but for what is forged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from corda_sim.core.contracts import Command, TransactionState
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.instants import instant
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow.notary.errors import Conflict, NotaryException, TransactionInvalid
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgRecvPacket
from flows.ibc.building import Submitted
from flows.ibc.hosting import HostCreateFlow
from flows.ibc.window import window_for
from flows.notarise import NotaryFlow
from flows.refusals import AlreadySignedRefused, InvalidTransactionRefused
from flows.validation import RequestValidationFlow
from states.cash import CashLock
from states.ibc import Deliver
from tests.unit.flows.dvp.dvp_bridge import Dvp
from tests.unit.flows.ibc.host_side import packets_of

SALT = bytes(range(32))
Edit = Callable[[Any], Any]


@dataclass(frozen=True)
class Patched:
    """PartyA's node, and an honest transaction that it forges after."""

    dvp: Dvp
    honest: SignedTransaction

    @classmethod
    def after(cls, dvp: Dvp, told: Submitted) -> "Patched":
        found = dvp.a.hub.load_verified(SecureHash.parse(told.transaction))
        assert found is not None
        return cls(dvp, found)

    def forged(
        self,
        outputs: Sequence[TransactionState[Any]] | None = None,
        commands: Sequence[Command[Any]] | None = None,
    ) -> SignedTransaction:
        """The honest transaction with other outputs or commands, signed by its two nodes."""
        hub, tx, network = self.dvp.a.hub, self.honest.tx, self.dvp.network
        builder = TransactionBuilder(tx.notary)
        for ref in tx.inputs:
            builder.add_input_state(hub.state_and_ref(ref))
        for ref in tx.references:
            builder.add_reference_state(hub.state_and_ref(ref))
        for output in tx.outputs if outputs is None else outputs:
            builder.add_output_state(output)
        for command in tx.commands if commands is None else commands:
            builder.add_command(command)
        builder.set_time_window(window_for(instant(network.clock.now_ns), ()))
        wire = builder.to_wire_transaction(hub, SALT)
        pairs = [network.keys[name] for name in ("PartyA", "Validator")]
        return SignedTransaction.of(wire, [sign_transaction_id(pair, wire.id) for pair in pairs])

    def saying(self, kind: Any, edit: Edit) -> SignedTransaction:  # noqa: ANN401 - a message's type
        """The honest transaction with its message of this kind edited."""
        commands = list(self.honest.tx.commands)
        (place,) = [n for n, one in enumerate(commands) if _is(one, kind)]
        message = AnyMessage.decode(commands[place].value.message).unpack(kind)
        commands[place] = Command(Deliver(pack(edit(message))), commands[place].signers)
        return self.forged(commands=commands)

    def outcomes(self, stx: SignedTransaction) -> tuple[Exception, Exception]:
        """How the validator refuses it, and how the notary does although all have signed."""
        validator = self.dvp.network.party_of("Validator")
        with pytest.raises(Exception) as by_validator:  # noqa: PT011 - the caller looks at it
            self.dvp.a.run_flow(RequestValidationFlow(stx, validator))
        with pytest.raises(NotaryException) as by_notary:
            self.dvp.a.run_flow(NotaryFlow(stx, skip_verification=True))
        return by_validator.value, by_notary.value

    def refused(self, stx: SignedTransaction, reason: str) -> None:
        by_validator, by_notary = self.outcomes(stx)
        assert isinstance(by_validator, InvalidTransactionRefused)
        assert isinstance(by_notary, NotaryException)
        assert isinstance(by_notary.error, TransactionInvalid)
        for error in (by_validator, by_notary):
            assert reason in str(error)


def _is(command: Command[Any], kind: Any) -> bool:  # noqa: ANN401 - a message's type
    value = command.value
    known = isinstance(value, Deliver)
    return known and AnyMessage.decode(value.message).type_url == kind.TYPE_URL


def aborted(dvp: Dvp) -> Patched:
    """The chain has refused the call, and the lock has gone back to the buyer."""
    _, packet = dvp.locked()
    dvp.chain.refusing = True
    return Patched.after(dvp, dvp.host.submit(dvp.call(packet)))


def test_an_honest_copy_is_refused_for_its_inputs_alone(dvp: Dvp) -> None:
    """Else the refusals below would say nothing of what is forged."""
    patched = aborted(dvp)
    by_validator, by_notary = patched.outcomes(patched.forged())
    assert isinstance(by_validator, AlreadySignedRefused)
    assert isinstance(by_notary, NotaryException)
    assert isinstance(by_notary.error, Conflict)


def test_an_invalid_receive(dvp: Dvp) -> None:
    first, second = dvp.propose("10 JPY"), dvp.propose("20 JPY")
    for terms in (first, second):
        dvp.start(terms)
    patched = Patched.after(dvp, dvp.sign(first))
    unsigned = dvp.chain.sign(second.tx_id)

    def another(message: MsgRecvPacket) -> MsgRecvPacket:
        return replace(message, packet=replace(message.packet, data=unsigned.data))

    patched.refused(patched.saying(MsgRecvPacket, another), "path commitments/ports/cross-auth")


def test_a_forged_acknowledgement(dvp: Dvp) -> None:
    _, committed = dvp.locked("10 JPY")
    dvp.call(committed)
    success = dvp.chain.ack_of(committed)
    patched = aborted(dvp)

    def forge(message: MsgAcknowledgement) -> MsgAcknowledgement:
        assert message.acknowledgement != success
        return replace(message, acknowledgement=success)

    patched.refused(patched.saying(MsgAcknowledgement, forge), "path acks/ports/cross/")


def test_a_release_to_another_than_was_decided(dvp: Dvp) -> None:
    patched = aborted(dvp)
    thief = dvp.a.party
    outputs = [
        msgspec.structs.replace(one, data=one.data.model_copy(update={"owner": thief}))
        if "cash" in one.contract
        else one
        for one in patched.honest.tx.outputs
    ]
    patched.refused(patched.forged(outputs), "back to the buyer on abort")


def test_a_lock_taken_to_another_notary(dvp: Dvp) -> None:
    terms = dvp.propose()
    dvp.start(terms)
    told = dvp.sign(terms)
    assert packets_of(told)
    patched = Patched.after(dvp, told)
    elsewhere = dvp.network.party_of("PartyA")
    outputs = [
        msgspec.structs.replace(one, notary=elsewhere) if isinstance(one.data, CashLock) else one
        for one in patched.honest.tx.outputs
    ]
    assert outputs != list(patched.honest.tx.outputs)
    patched.refused(patched.forged(outputs), str(elsewhere.name))


def test_a_second_host_of_one_genesis(dvp: Dvp) -> None:
    validator = dvp.network.party_of("Validator")
    dvp.network.advance(timedelta(minutes=1))
    with pytest.raises(NotaryException) as refused:
        dvp.a.run_flow(HostCreateFlow(dvp.host.base_id, "second", (validator,)))
    assert isinstance(refused.value.error, Conflict)
