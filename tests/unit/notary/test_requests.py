"""Request signatures, the checks before the commit, and the refusals' way over the wire."""

import dataclasses

import pytest

from corda_sim.core.contracts import StateRef, TimeWindow
from corda_sim.core.crypto.hashes import ALL_ONES_HASH
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.crypto.signatures import sign_transaction_id
from corda_sim.core.errors import SignatureException
from corda_sim.core.identity import Party
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.core.transactions import (
    ComponentGroupEnum,
    FilteredTransaction,
    NetworkParametersHash,
    ReferenceStateRef,
    SignedTransaction,
)
from corda_sim.flow import FlowException
from corda_sim.flow.notary.errors import (
    AnyNotaryError,
    Conflict,
    ConsumedState,
    ConsumedStateType,
    General,
    NotaryException,
    RequestSignatureInvalid,
    StateConsumptionDetails,
    TimeWindowInvalid,
    TransactionInvalid,
)
from corda_sim.flow.notary.heads import empty_head, sign_head
from corda_sim.flow.notary.types import (
    NotarisationPayload,
    NotarisationResponse,
    build_request,
    validate_response,
)
from notary import validation
from notary.batch_signing import KeyPairSigner, sign_batch
from tests.unit.notary import transactions as txs
from tests.unit.notary.support import EXPIRED, NOW, OPEN, ref, tx


def check(payload: NotarisationPayload, requester: Party = txs.ALICE) -> None:
    parts = validation.extract_parts(payload, validating=False)
    validation.check_request(
        parts,
        payload,
        requester=requester,
        notary=txs.NOTARY,
        parameters_by_hash=lambda h: txs.PARAMETERS if h == txs.PARAMETERS.hash else None,
    )


def refusal(payload: NotarisationPayload, requester: Party = txs.ALICE) -> AnyNotaryError:
    with pytest.raises(validation.InvalidRequestError) as caught:
        check(payload, requester)
    assert caught.value.tx_id == payload.transaction.id
    return caught.value.error


def cause(error: AnyNotaryError) -> str:
    assert isinstance(error, TransactionInvalid)
    return error.cause


def test_a_good_request_passes_with_all_its_parts() -> None:
    wire = txs.wire("ab", "r", OPEN)
    payload = txs.payload(wire)
    check(payload)
    request = validation.extract_parts(payload, validating=False).to_commit_request()
    assert request.transaction_id == wire.id
    assert request.inputs == (ref("a"), ref("b"))
    assert request.references == (ref("r"),)
    assert request.time_window == OPEN


class TestRequestSignature:
    def test_the_order_of_the_inputs_does_not_matter(self) -> None:
        one = build_request([ref("a"), ref("b"), ref("a", 1)], tx("t"))
        two = build_request([ref("a", 1), ref("b"), ref("a")], tx("t"))
        assert one.signed_bytes() == two.signed_bytes()
        keys = [(bytes(r.txhash), r.index) for r in one.states_to_consume]
        assert keys == sorted(keys)

    def test_inputs_that_do_not_match(self) -> None:
        wire = txs.wire("ab")
        error = refusal(txs.payload(wire, signed_inputs=[ref("a")]))
        assert isinstance(error, RequestSignatureInvalid)

    def test_a_transaction_id_that_does_not_match(self) -> None:
        error = refusal(txs.payload(txs.wire("a"), signed_id=tx("other")))
        assert isinstance(error, RequestSignatureInvalid)

    def test_a_signature_by_somebody_else(self) -> None:
        error = refusal(txs.payload(txs.wire("a"), signer=txs.BOB_KEYS))
        assert isinstance(error, RequestSignatureInvalid)
        assert error.describe().startswith("Request signature invalid: Expected a signature by ")

    def test_somebody_elses_name_on_ones_own_signature(self) -> None:
        good = txs.payload(txs.wire("a"), signer=txs.BOB_KEYS)
        forged = dataclasses.replace(
            good,
            request_signature=dataclasses.replace(good.request_signature, by=txs.ALICE.owning_key),
        )
        assert isinstance(refusal(forged), RequestSignatureInvalid)

    def test_a_request_repeated_by_another_party(self) -> None:
        error = refusal(txs.payload(txs.wire("a")), requester=txs.BOB)
        assert isinstance(error, RequestSignatureInvalid)


class TestTransactionChecks:
    def test_another_notary(self) -> None:
        error = refusal(txs.payload(txs.wire("a", notary=txs.BOB)))
        assert cause(error).startswith("The notary specified on the transaction: [")

    def test_without_network_parameters(self) -> None:
        error = refusal(txs.payload(txs.wire("a", parameters=None)))
        assert (
            cause(error) == "Transaction for notarisation doesn't contain network parameters hash."
        )

    def test_unknown_network_parameters(self) -> None:
        error = refusal(txs.payload(txs.wire("a", parameters=tx("unknown"))))
        assert "contains unknown parameters hash" in cause(error)

    def test_a_notary_off_the_whitelist(self) -> None:
        payload = txs.payload(txs.wire("a"))
        parts = validation.extract_parts(payload, validating=False)
        others = dataclasses.replace(txs.PARAMETERS, notaries=())
        with pytest.raises(validation.InvalidRequestError, match="whitelist"):
            validation.check_request(
                parts,
                payload,
                requester=txs.ALICE,
                notary=txs.NOTARY,
                parameters_by_hash=lambda _hash: others,
            )

    @pytest.mark.parametrize(("count", "accepted"), [(9_999, True), (10_000, False)])
    def test_too_many_inputs_and_references(self, count: int, accepted: bool) -> None:
        parts = validation.TransactionParts(
            tx("t"),
            tuple(StateRef(tx("many"), index) for index in range(count - 1)),
            (ref("r"),),
            None,
            txs.NOTARY,
            txs.PARAMETERS.hash,
        )
        payload = NotarisationPayload(
            txs.tear_off(txs.wire("a")), txs.request_signature(parts.inputs, parts.id)
        )

        def run() -> None:
            validation.check_request(
                parts,
                payload,
                requester=txs.ALICE,
                notary=txs.NOTARY,
                parameters_by_hash=lambda _hash: txs.PARAMETERS,
            )

        if accepted:
            run()
            return
        with pytest.raises(
            validation.InvalidRequestError,
            match="cannot have more than 10000 inputs or references, received: 10000",
        ):
            run()


class TestTearOff:
    @pytest.mark.parametrize(
        "hidden", [StateRef, ReferenceStateRef, TimeWindow, NetworkParametersHash, Party]
    )
    def test_whatever_the_notary_must_see_may_not_be_hidden(self, hidden: type) -> None:
        wire = txs.wire("a", "r", OPEN)
        shown = wire.build_filtered_transaction(
            lambda part: txs.is_for_notary(part) and not isinstance(part, hidden)
        )
        assert "Did not receive components" in cause(refusal(txs.payload(wire, shown)))

    def test_one_input_of_two_hidden(self) -> None:
        wire = txs.wire("ab")
        shown = wire.build_filtered_transaction(
            lambda part: txs.is_for_notary(part) and part != ref("b")
        )
        assert "are not visible" in cause(refusal(txs.payload(wire, shown)))

    def test_a_reference_of_two_hidden(self) -> None:
        wire = txs.wire("a", "rs")
        shown = wire.build_filtered_transaction(
            lambda part: txs.is_for_notary(part) and part != ReferenceStateRef(ref("s"))
        )
        assert "are not visible" in cause(refusal(txs.payload(wire, shown)))

    def test_a_group_left_out_as_if_it_were_empty(self) -> None:
        wire = txs.wire("a", window=OPEN)
        shown = txs.tear_off(wire)
        index = int(ComponentGroupEnum.TIMEWINDOW)
        groups = tuple(g for g in shown.filtered_component_groups if g.group_index != index)
        hashes = tuple(
            ALL_ONES_HASH if at == index else found for at, found in enumerate(shown.group_hashes)
        )
        forged = FilteredTransaction(shown.id, groups, hashes)
        assert "cannot be verified" in cause(refusal(txs.payload(wire, forged)))

    def test_a_component_that_was_exchanged(self) -> None:
        wire, other = txs.wire("a"), txs.tear_off(txs.wire("b"))
        shown = txs.tear_off(wire)
        forged = FilteredTransaction(shown.id, other.filtered_component_groups, shown.group_hashes)
        assert isinstance(refusal(txs.payload(wire, forged)), TransactionInvalid)

    @pytest.mark.parametrize(
        ("group", "values"),
        [
            (ComponentGroupEnum.TIMEWINDOW, (EXPIRED, OPEN)),
            (ComponentGroupEnum.NOTARY, (txs.NOTARY, txs.BOB)),
            (ComponentGroupEnum.PARAMETERS, (txs.PARAMETERS.hash, tx("other"))),
        ],
    )
    def test_two_where_there_may_be_one(
        self, group: ComponentGroupEnum, values: tuple[object, ...]
    ) -> None:
        shown = txs.tear_off_of(
            {
                ComponentGroupEnum.INPUTS: (ref("a"),),
                ComponentGroupEnum.NOTARY: (txs.NOTARY,),
                ComponentGroupEnum.TIMEWINDOW: (OPEN,),
                ComponentGroupEnum.PARAMETERS: (txs.PARAMETERS.hash,),
                group: values,
            }
        )
        payload = NotarisationPayload(shown, txs.request_signature([ref("a")], shown.id))
        assert "More than 1" in cause(refusal(payload))

    def test_a_component_of_another_type(self) -> None:
        groups = {
            ComponentGroupEnum.INPUTS: ("no state",),
            ComponentGroupEnum.NOTARY: (txs.NOTARY,),
        }
        shown = txs.tear_off_of(groups)
        payload = NotarisationPayload(shown, txs.request_signature([], shown.id))
        assert isinstance(refusal(payload), TransactionInvalid)

    def test_nothing_else_need_be_shown(self) -> None:
        wire = txs.wire("ab", "r", OPEN)
        shown = txs.tear_off(wire)
        check(txs.payload(wire, shown))
        hidden = {ComponentGroupEnum.OUTPUTS, ComponentGroupEnum.COMMANDS}
        assert not hidden & {group.group_index for group in shown.filtered_component_groups}

    def test_another_transactions_id(self) -> None:
        shown = txs.tear_off(txs.wire("a"))
        forged = FilteredTransaction(
            tx("forged"), shown.filtered_component_groups, shown.group_hashes
        )
        payload = NotarisationPayload(forged, txs.request_signature([ref("a")], forged.id))
        assert "cannot be verified against transaction's id" in cause(refusal(payload))

    def test_the_kind_of_transaction_must_fit_the_kind_of_notary(self) -> None:
        wire = txs.wire("a")
        signed = SignedTransaction.of(wire, [sign_transaction_id(txs.ALICE_KEYS, wire.id)])
        whole = NotarisationPayload(signed, txs.request_signature(wire.inputs, wire.id))
        for payload, validating in [(whole, False), (txs.payload(wire), True)]:
            with pytest.raises(validation.InvalidRequestError, match="Unexpected transaction type"):
                validation.extract_parts(payload, validating=validating)
        assert validation.extract_parts(whole, validating=True).id == wire.id


DETAILS = StateConsumptionDetails(tx("x").re_hash(), ConsumedStateType.REFERENCE_INPUT_STATE)
ERRORS: list[AnyNotaryError] = [
    Conflict(tx("t"), (ConsumedState(ref("a"), DETAILS),)),
    TimeWindowInvalid(NOW, OPEN),
    TransactionInvalid("no"),
    RequestSignatureInvalid("no"),
    General("later"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_refusal_reaches_the_requester_whole(error: AnyNotaryError) -> None:
    head = sign_head(empty_head("worker"), txs.NOTARY.owning_key, lambda _: b"s")
    sent = NotaryException(error, tx("t"), head)
    got = FlowException.from_wire(sent.to_wire())
    assert isinstance(got, NotaryException)
    assert (got.error, got.tx_id, got.head) == (error, tx("t"), head)
    assert str(got) == str(sent) == f"Unable to notarise transaction {tx('t')} : {error.describe()}"


def test_a_refusal_with_another_payload_stays_a_plain_flow_exception() -> None:
    got = NotaryException.restore("odd", "text")
    assert type(got) is FlowException


def test_the_window_text_names_time_and_window() -> None:
    assert TimeWindowInvalid(NOW, OPEN).describe() == (
        "Current time 2026-01-01T12:00:00Z is outside the time bounds specified by the "
        "transaction: (∞, 2026-01-01T13:00:00Z)"
    )


def test_the_conflict_text_is_cordas() -> None:
    assert Conflict(tx("t"), (ConsumedState(ref("a"), DETAILS),)).describe() == (
        "One or more input states or referenced states have already been used as input states in "
        "other transactions. Conflicting state count: 1, consumption details:\n"
        f"{ref('a')} -> StateConsumptionDetails(hashOfTransactionId={tx('x').re_hash()}, "
        "type=REFERENCE_INPUT_STATE).\nTo find out if any of the conflicting transactions have "
        "been generated by this node you can use the hashLookup Corda shell command."
    )


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TransactionInvalid("no"), "no"),
        (RequestSignatureInvalid("no"), "Request signature invalid: no"),
        (General("later"), "later"),
    ],
)
def test_the_other_texts_are_cordas(error: AnyNotaryError, text: str) -> None:
    assert error.describe() == text


def test_a_refusal_before_the_id_is_known_says_so() -> None:
    text = str(NotaryException(General("later")))
    assert text == "Unable to notarise transaction <Unknown> : later"


class TestResponse:
    wire = txs.wire("a")

    def response(self, pair: KeyPair, head: bool = True) -> NotarisationResponse:
        signer = KeyPairSigner(pair)
        signature = sign_batch(signer, [self.wire.id, tx("other")])[self.wire.id]
        signed = sign_head(empty_head("w"), signer.public_key, signer.sign) if head else None
        return NotarisationResponse((signature,), signed)

    def test_a_batch_signature_of_the_notary_is_accepted_and_survives_the_wire(self) -> None:
        response = self.response(txs.NOTARY_KEYS)
        received = deserialize(serialize(response), NotarisationResponse)
        assert validate_response(received, self.wire.id, txs.NOTARY) == response.signatures

    def test_another_transaction_of_the_batch_is_not_covered(self) -> None:
        with pytest.raises(SignatureException):
            validate_response(self.response(txs.NOTARY_KEYS), tx("other"), txs.NOTARY)

    def test_another_key_or_none_is_refused(self) -> None:
        with pytest.raises(SignatureException):
            validate_response(self.response(txs.BOB_KEYS), self.wire.id, txs.NOTARY)
        with pytest.raises(SignatureException):
            validate_response(NotarisationResponse(()), self.wire.id, txs.NOTARY)

    def test_a_head_by_another_key_is_refused(self) -> None:
        good = self.response(txs.NOTARY_KEYS)
        forged = dataclasses.replace(good, head=self.response(txs.BOB_KEYS).head)
        with pytest.raises(SignatureException):
            validate_response(forged, self.wire.id, txs.NOTARY)
