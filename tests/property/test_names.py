"""X.500 names: what is written is read again, in any order of attributes, and nothing else is."""

from unicodedata import normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corda_sim.core.countries import COUNTRY_CODES
from corda_sim.core.errors import InvalidNameError
from corda_sim.core.identity import CordaX500Name
from corda_sim.core.legal_name import java_length
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.node.cert_builder import x509_name
from corda_sim.node.cert_view import corda_name

LABELS = ("O", "L", "C", "CN", "OU", "ST")
COUNTRIES = st.sampled_from(sorted(COUNTRY_CODES))


def words(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Text that is normalized and has no blanks at its ends."""
    whole = st.text(alphabet, min_size=1, max_size=20).map(lambda one: normalize("NFKC", one))
    return whole.map(str.strip).filter(bool)


def legal_names(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[CordaX500Name]:
    """Names of all shapes; an organisation has two letters at least and nothing to be quoted."""
    word = words(alphabet)
    optional = st.none() | word
    organisation = words(LETTERS).map("Ab{}".format)
    return st.builds(CordaX500Name, organisation, word, COUNTRIES, optional, optional, optional)


ANY = st.characters(categories=["Lu", "Ll", "Nd", "Zs", "Po", "Sm"], max_codepoint=0x2FF)
LETTERS = st.characters(min_codepoint=0x30, max_codepoint=0x7A, categories=["Lu", "Ll", "Nd"])
ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


@given(legal_names(ANY))
def test_text_round_trips(name: CordaX500Name) -> None:
    assert CordaX500Name.parse(str(name)) == name


@given(legal_names(ANY))
def test_the_wire_keeps_a_name(name: CordaX500Name) -> None:
    assert deserialize(serialize(name), CordaX500Name) == name


@given(legal_names(ASCII))
def test_a_certificate_keeps_a_name(name: CordaX500Name) -> None:
    assert corda_name(x509_name(name).public_bytes()) == name


@given(st.permutations(LABELS), st.text("AbCd xyz", min_size=2, max_size=12))
def test_any_order_of_attributes_is_read(order: list[str], value: str) -> None:
    assume(value == value.strip() and sum(map(str.isalpha, value)) >= 2 and "  " not in value)
    attributes = dict.fromkeys(LABELS, value) | {"C": "GB"}
    text = ", ".join(f"{label}={attributes[label]}" for label in order)
    assert CordaX500Name.parse(text) == CordaX500Name(value, value, "GB", value, value, value)


@given(st.text(max_size=60))
def test_no_text_makes_another_exception(text: str) -> None:
    try:
        name = CordaX500Name.parse(text)
    except InvalidNameError:
        return
    assert java_length(name.organisation) < 128
    assert name.country in COUNTRY_CODES


@pytest.mark.parametrize(
    ("field", "limit"),
    [("organisation", 128), ("locality", 64), ("state", 64), ("organisation_unit", 64)],
)
def test_lengths_stay_below_the_limit(field: str, limit: int) -> None:
    base = {"organisation": "Bank", "locality": "London", "country": "GB"}
    longest = CordaX500Name(**{**base, field: "a" * (limit - 1)})
    assert len(getattr(longest, field)) == limit - 1
    with pytest.raises(InvalidNameError, match=f"{field} must have less than {limit}"):
        CordaX500Name(**{**base, field: "a" * limit})
    # An astral character counts as two, as in Java.
    with pytest.raises(InvalidNameError):
        CordaX500Name(**{**base, field: "\U00020000" * (limit // 2)})


@given(legal_names(ANY), st.integers(0, 600))
def test_what_is_remembered_of_names_changes_no_answer(name: CordaX500Name, blanks: int) -> None:
    copy = CordaX500Name(**{field: getattr(name, field) for field in name.__dataclass_fields__})
    assert str(copy) == str(name)
    text = " " * blanks + str(name)
    assert CordaX500Name.parse(text) == CordaX500Name.parse(text) == name


@given(legal_names(ANY))
def test_a_refused_text_is_refused_again(name: CordaX500Name) -> None:
    for _ in range(2):
        with pytest.raises(InvalidNameError, match="Duplicate"):
            CordaX500Name.parse(f"{name}, C=GB")
