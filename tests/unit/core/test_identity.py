"""Corda's rules for X.500 names, case by case, and what makes parties equal."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.crypto.crypto import derive_key_pair_from_entropy
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME
from corda_sim.core.errors import IllegalArgumentError, InvalidNameError
from corda_sim.core.identity import (
    MAX_REFERENCE_SIZE,
    AnonymousParty,
    CordaX500Name,
    Party,
    PartyAndReference,
)

BANK = CordaX500Name("Bank A", "New York", "US")
KEY, OTHER_KEY = (
    derive_key_pair_from_entropy(DEFAULT_SIGNATURE_SCHEME, entropy).public for entropy in (20, 30)
)
OTHERS = ("L", "OU", "CN")


def _with(attribute: str, value: str) -> str:
    values = {"O": "VALID", "L": "VALID", "C": "DE", "OU": "VALID", "CN": "VALID"}
    values[attribute] = value
    return ", ".join(f"{key}={text}" for key, text in values.items())


def test_all_attributes() -> None:
    name = CordaX500Name.parse("O=Bank A, L=New York, C=US, OU=Org Unit, CN=Service Name, ST=NY")
    assert name == CordaX500Name("Bank A", "New York", "US", "Service Name", "Org Unit", "NY")
    assert str(name) == "CN=Service Name, OU=Org Unit, O=Bank A, L=New York, ST=NY, C=US"
    assert CordaX500Name.parse(str(name)) == name


def test_the_text_of_a_legal_entity() -> None:
    assert str(BANK) == "O=Bank A, L=New York, C=US"
    assert (BANK.common_name, BANK.organisation_unit, BANK.state) == (None, None, None)


@pytest.mark.parametrize(
    "text",
    [
        "O=Bank A, L=New York, C=US",
        "C=US,L=New York,O=Bank A",
        "C=US; L=New York; O=Bank A",
        "C=US+L=New York, O=Bank A",
        " l = New York , o = Bank A , c = US ",
        'O="Bank A", L=New York, C=US',
        r"O=Bank\20A, L=New\ York, C=US",
        r"O=\42\61nk A, L=New York, C=US",
    ],
)
def test_spellings_of_one_name(text: str) -> None:
    assert CordaX500Name.parse(text) == BANK


def test_the_state_has_two_keywords() -> None:
    spellings = (f"{key}=NY, O=Bank A, L=New York, C=US" for key in ("ST", "S"))
    assert len({CordaX500Name.parse(text) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("L=New York, C=US, OU=Org Unit, CN=Service Name", "include an O attribute"),
        ("O=Bank A, C=US, OU=Org Unit, CN=Service Name", "include an L attribute"),
        ("O=Bank A, L=New York, OU=Org Unit, CN=Service Name", "include an C attribute"),
        ("O=Bank A, L=New York, C=US, SN=blah", "SN"),
        ("O=Bank A, L=New York, C=US, DC=blah", "DC"),
        ("O=Bank A, O=Bank B, L=New York, C=US", "Duplicate attribute O"),
        ("O=Bank A, L=New York, C=US, ST=a, S=b", "Duplicate"),
        ("", "include an O attribute"),
        ("Bank A", "not an attribute"),
        ("O=Bank A, L=New York, C=US,", "not an attribute"),
        ("O=Bank A,, L=New York, C=US", "not an attribute"),
        ("=Bank A, L=New York, C=US", "The attribute"),
        ('O="Bank A, L=New York, C=US', "not an X.500 name"),
        ('O="Bank A" and more, L=New York, C=US', "backslash"),
        (r"O=Bank A, L=New York, C=US, OU=\C3\28", "UTF-8"),
        ("O=Bank A, L=New York, C=US, OU=#0401", "backslash"),
        ("O=Bank A, L=New York, C=US, OU=<a>", "backslash"),
        ("O=Bank A, L=New York, C=US, OU=end\\", "."),
    ],
)
def test_texts_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidNameError, match=message):
        CordaX500Name.parse(text)


@pytest.mark.parametrize(
    "value",
    [
        "B",
        "",
        "B\u0f5ca",  # changes under NFKC
        "\u212b\u212b",  # the same
        "IN,VALID",
        'IN"VALID',
        "IN\\VALID",
        "IN+VALID",
        "IN;VALID",
        "IN  VALID",
        "IN\tVALID",
        "IN\0VALID",
        "12345",
        "Bank\u00a0A",
        "\U00010400\U00010401",  # letters, but not in one UTF-16 unit each
        "X" * 128,
        '" VALID"',
    ],
)
def test_organisations_that_are_refused(value: str) -> None:
    with pytest.raises(InvalidNameError):
        CordaX500Name.parse(_with("O", value))


@pytest.mark.parametrize(
    "value",
    [
        "bank A",
        "8Bank A",
        " VALID",
        "VALID ",
        "IN=VALID",
        "VA$LID",
        "VA'LID",
        "Société Générale",
        "みずほ銀行",
        "Bank\u1680A",  # Java's \s knows ASCII white space alone
        "My Node Server",
        "X" * 127,
    ],
)
def test_organisations_that_are_accepted(value: str) -> None:
    name = CordaX500Name.parse(_with("O", value))
    assert name.organisation == value.strip(" ")
    assert CordaX500Name.parse(str(name)) == name


@pytest.mark.parametrize("attribute", OTHERS)
@pytest.mark.parametrize("value", ["IN,VALID", 'IN"VALID', "IN\\VALID"])
def test_other_attributes_that_are_refused(attribute: str, value: str) -> None:
    with pytest.raises(InvalidNameError):
        CordaX500Name.parse(_with(attribute, value))


@pytest.mark.parametrize("attribute", OTHERS)
@pytest.mark.parametrize(
    "value",
    [
        "B\u0f5ca",
        "B",
        "",
        "bank",
        "8bank",
        " VALID",
        "VALID ",
        "VA$LID",
        "VA'LID",
        "VA  LID",
        "VA\0LID",
        "X" * 63,
    ],
)
def test_other_attributes_that_are_accepted(attribute: str, value: str) -> None:
    name = CordaX500Name.parse(_with(attribute, value))
    assert CordaX500Name.parse(str(name)) == name


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("organisation", 128),
        ("locality", 64),
        ("state", 64),
        ("organisation_unit", 64),
        ("common_name", 64),
    ],
)
def test_lengths_are_below_the_limit(field: str, limit: int) -> None:
    values = {"organisation": "Bank A", "locality": "New York", "country": "US"}
    CordaX500Name(**(values | {field: "x" * (limit - 1)}))
    for value in ("x" * limit, "\U0001f600" * (limit // 2)):
        with pytest.raises(InvalidNameError):
            CordaX500Name(**(values | {field: value}))


@pytest.mark.parametrize("country", ["ZZ", "GB", "SS", "CW"])
def test_countries(country: str) -> None:
    assert CordaX500Name("Bank A", "London", country).country == country


@pytest.mark.parametrize("country", ["", "UK", "XX", "gb", "GBR", "G"])
def test_unknown_countries(country: str) -> None:
    with pytest.raises(InvalidNameError, match="country"):
        CordaX500Name("Bank A", "London", country)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a, b", '"a, b"'),
        ('say "x"', r'"say \"x\""'),
        ("back\\slash", r'"back\\slash"'),
        (" lead", '" lead"'),
        ("trail ", '"trail "'),
        ("two  spaces", '"two  spaces"'),
        ("a=b", '"a=b"'),
        ("one space", "one space"),
    ],
)
def test_values_that_need_quotes(value: str, text: str) -> None:
    name = CordaX500Name("Bank A", "London", "GB", organisation_unit=value)
    assert str(name) == f"OU={text}, O=Bank A, L=London, C=GB"
    assert CordaX500Name.parse(str(name)) == name


@given(st.text(max_size=30), st.text(max_size=30))
def test_every_name_is_read_from_its_text(locality: str, unit: str) -> None:
    name = CordaX500Name("Bank A", locality, "GB", organisation_unit=unit)
    assert CordaX500Name.parse(str(name)) == name


@given(st.text(alphabet='OLCU=,;+"\\ #<>ab41\n', max_size=40))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = CordaX500Name.parse(text)
    except InvalidNameError:
        return
    assert CordaX500Name.parse(str(name)) == name


def test_parties_are_equal_by_key_alone() -> None:
    alice = Party(BANK, KEY)
    renamed = Party(CordaX500Name("Bank B", "London", "GB"), KEY)
    assert alice == renamed == AnonymousParty(KEY) == alice.anonymise()
    assert len({alice, renamed, AnonymousParty(KEY)}) == 1
    assert alice != Party(BANK, OTHER_KEY)
    assert alice != BANK
    assert not isinstance(alice.anonymise(), Party)


def test_how_parties_are_printed() -> None:
    assert str(Party(BANK, KEY)) == str(BANK)
    assert str(AnonymousParty(KEY)) == f"Anonymous({KEY.to_string_short()})"
    assert str(Party(BANK, KEY).ref(b"\x01\xff")) == "O=Bank A, L=New York, C=US[01FF]"


def test_parties_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Party(BANK, KEY).name = BANK
    with pytest.raises(FrozenInstanceError):
        AnonymousParty(KEY).owning_key = OTHER_KEY


@pytest.mark.parametrize("party", [Party(BANK, KEY), AnonymousParty(KEY)])
def test_parties_can_be_copied_and_sent(party: Party | AnonymousParty) -> None:
    for twin in (copy.deepcopy(party), pickle.loads(pickle.dumps(party))):
        assert twin == party
        assert type(twin) is type(party)
        assert str(twin) == str(party)


def test_references_of_a_party() -> None:
    assert Party(BANK, KEY).ref(b"\1") == PartyAndReference(AnonymousParty(KEY), b"\1")
    assert Party(BANK, KEY).ref(b"\1") != Party(BANK, KEY).ref(b"\2")
    PartyAndReference(Party(BANK, KEY), bytes(MAX_REFERENCE_SIZE))
    for reference in (b"", bytes(MAX_REFERENCE_SIZE + 1)):
        with pytest.raises(IllegalArgumentError):
            PartyAndReference(Party(BANK, KEY), reference)
