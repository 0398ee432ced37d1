import uuid
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from pydantic import ValidationError

from corda_sim.core.contracts import (
    Amount,
    AutomaticPlaceholderConstraint,
    Command,
    CommandWithParties,
    ContractState,
    Currency,
    Issued,
    LinearState,
    SignatureAttachmentConstraint,
    TransactionState,
    TypeOnlyCommandData,
    UniqueIdentifier,
    constraints,
    require_single_command,
    require_that,
    select_commands,
)
from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.hashes import ZERO_HASH
from corda_sim.core.crypto.schemes import SignatureScheme
from corda_sim.core.errors import (
    DecodeError,
    FeatureNotSupportedException,
    IllegalArgumentError,
    IllegalStateError,
    SignatureException,
)
from corda_sim.core.identity import AbstractParty, CordaX500Name, Party, PartyAndReference
from corda_sim.core.network import (
    NetworkParameters,
    NodeInfo,
    NotaryInfo,
    SignedNetworkParameters,
    SignedNodeInfo,
)
from corda_sim.core.serialization import (
    NotSerializableException,
    deserialize,
    serializable,
    serialize,
)

PAIR, OTHER = (
    derive_key_pair_from_entropy(SignatureScheme.EDDSA_ED25519_SHA512, n) for n in (1, 2)
)
BANK = Party(CordaX500Name("Bank A", "London", "GB"), PAIR.public)


@serializable("test.Deal")
class Deal(LinearState):
    belongs_to_contract: ClassVar[str] = "test.DealContract"
    price: Amount[Issued[Currency]]

    @property
    def participants(self) -> tuple[AbstractParty, ...]:
        return (BANK,)


@serializable("test.Make")
class Make(TypeOnlyCommandData):
    pass


class Break(TypeOnlyCommandData):
    pass


def deal(number: int = 1, name: str | None = None) -> Deal:
    price = Amount(5, Issued(PartyAndReference(BANK, b"\x01"), Currency.of("JPY")))
    return Deal(linear_id=UniqueIdentifier(name, uuid.UUID(int=number)), price=price)


def test_states_are_frozen_models() -> None:
    with pytest.raises(ValidationError):
        deal().price = deal().price
    with pytest.raises(ValidationError):
        Deal(linear_id="x", price=5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        ContractState()  # type: ignore[abstract]


def test_an_identifier_is_its_id() -> None:
    one = uuid.UUID(int=1)
    assert UniqueIdentifier("a", one) == UniqueIdentifier(None, one)
    assert hash(UniqueIdentifier("a", one)) == hash(UniqueIdentifier(None, one))
    assert str(UniqueIdentifier("a", one)) == f"a_{one}"
    assert str(UniqueIdentifier(None, one)) == str(one)


def test_a_transaction_state_travels_with_its_constraint() -> None:
    state = TransactionState(
        deal(name="x"), "test.DealContract", BANK, None, SignatureAttachmentConstraint(PAIR.public)
    )
    back = deserialize(serialize(state), TransactionState)
    assert back == state
    assert back.data.linear_id.external_id == "x"


def test_a_placeholder_never_travels() -> None:
    with pytest.raises(NotSerializableException):
        serialize(TransactionState(deal(), "test.DealContract", BANK))


def test_a_state_is_no_command() -> None:
    with pytest.raises(DecodeError):
        deserialize(serialize(deal()), TransactionState)


def test_commands() -> None:
    with pytest.raises(IllegalArgumentError, match="signers"):
        Command(Make(), ())
    make = CommandWithParties((PAIR.public,), Make())
    assert select_commands([make], Make) == (make,)
    assert require_single_command([make], Make) is make
    with pytest.raises(IllegalStateError, match="Required"):
        require_single_command([make], Break)
    with pytest.raises(IllegalArgumentError):
        require_single_command([make, make], Make)
    assert Make() == Make()
    assert Make() != Break()


def test_require_that() -> None:
    require_that("fine", condition=True)
    with pytest.raises(IllegalArgumentError, match=r"^Failed requirement: not fine$"):
        require_that("not fine", condition=False)


def test_signature_constraints_succeed_only_the_same_key() -> None:
    one, two = (SignatureAttachmentConstraint(pair.public) for pair in (PAIR, OTHER))
    assert constraints.can_be_transitioned_from(one, one)
    assert not constraints.can_be_transitioned_from(two, one)
    for pair in ((one, AutomaticPlaceholderConstraint()), (AutomaticPlaceholderConstraint(), one)):
        with pytest.raises(IllegalArgumentError, match="Illegal constraint"):
            constraints.can_be_transitioned_from(*pair)


def test_other_constraints_are_refused() -> None:
    for make in (
        constraints.AlwaysAcceptAttachmentConstraint,
        constraints.WhitelistedByZoneAttachmentConstraint,
        lambda: constraints.HashAttachmentConstraint(ZERO_HASH),
        lambda: constraints.signature_constraint_for(()),
    ):
        with pytest.raises(FeatureNotSupportedException):
            make()


def test_the_constraint_of_several_signers_needs_all() -> None:
    both = constraints.signature_constraint_for((PAIR.public, OTHER.public))
    assert both == constraints.signature_constraint_for((OTHER.public, PAIR.public))
    assert both.key.is_fulfilled_by([PAIR.public, OTHER.public])
    assert not both.key.is_fulfilled_by([PAIR.public])
    assert constraints.signature_constraint_for((PAIR.public,)).key == PAIR.public


def parameters(**changes: object) -> NetworkParameters:
    fields: dict[str, object] = {
        "minimum_platform_version": 4,
        "notaries": (NotaryInfo(BANK, validating=True),),
        "max_message_size": 10,
        "max_transaction_size": 10,
        "modified_time": datetime(2026, 1, 1, tzinfo=UTC),
        "epoch": 1,
    }
    return NetworkParameters(**{**fields, **changes})  # type: ignore[arg-type]


def test_network_parameters() -> None:
    made = parameters()
    signed = SignedNetworkParameters.sign(made, PAIR)
    assert signed.hash == made.hash
    assert signed.verified(PAIR.public) == made
    with pytest.raises(SignatureException):
        signed.verified(OTHER.public)
    with pytest.raises(SignatureException):
        SignedNetworkParameters(signed.raw, OTHER.public, signed.signature).verified()
    for bad in ("epoch", "max_message_size", "max_transaction_size", "minimum_platform_version"):
        with pytest.raises(IllegalArgumentError):
            parameters(**{bad: 0})
    with pytest.raises(IllegalArgumentError, match="Duplicate"):
        parameters(notaries=made.notaries * 2)


def test_node_infos_carry_a_signature_of_each_identity() -> None:
    info = NodeInfo(("localhost:1",), (BANK,), (b"cert",), 12, 1)
    signed = SignedNodeInfo.sign(info, PAIR)
    assert deserialize(serialize(signed), SignedNodeInfo).verified() == info
    assert signed.hash == info.hash
    with pytest.raises(SignatureException, match="Missing"):
        SignedNodeInfo(signed.raw, ()).verified()
    with pytest.raises(SignatureException, match="Extra"):
        SignedNodeInfo(signed.raw, signed.signatures * 2).verified()
    with pytest.raises(SignatureException):
        SignedNodeInfo.sign(info, OTHER).verified()
    with pytest.raises(IllegalArgumentError):
        NodeInfo((), (), (), 12, 1)
