"""The doorman's rules for legal names, case by case."""

import pytest

from corda_sim.core.errors import InvalidNameError
from corda_sim.core.legal_name import MAX_LENGTH, normalize, validate_full, validate_minimal


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Test Legal  Name", "Test Legal Name"),
        (" Test Legal Name\n", "Test Legal Name"),
        ("Test\t\r\nName", "Test Name"),
        ("\ufb01nance Ltd", "finance Ltd"),
        ("Acme\u00a0Corp", "Acme Corp"),
    ],
)
def test_names_that_are_not_normal(name: str, normal: str) -> None:
    with pytest.raises(InvalidNameError, match="normalized"):
        validate_minimal(name)
    assert normalize(name) == normal
    validate_minimal(normal)


@pytest.mark.parametrize(
    "name",
    [
        "Test, Ltd",
        "Test = Ltd",
        "Test $ Ltd",
        'Test "x" Ltd',
        "Test's",
        "Test\\Ltd",
        "Testé",
        "test",
        "Test Ж",
        "Test \u202e Ltd",
    ],
)
def test_names_that_the_doorman_refuses(name: str) -> None:
    with pytest.raises(InvalidNameError):
        validate_full(name)


@pytest.mark.parametrize("name", ["", "A", "12345 6", "£", "\0\0ab", "A" * (MAX_LENGTH + 1)])
def test_names_that_are_always_refused(name: str) -> None:
    for validate in (validate_minimal, validate_full):
        with pytest.raises(InvalidNameError):
            validate(name)


@pytest.mark.parametrize(
    "name", ["Legal Name With (brackets)", "8Bank A", "Node Server Ltd.", "A" * MAX_LENGTH, "AB"]
)
def test_names_that_the_doorman_accepts(name: str) -> None:
    validate_full(name)


def test_the_error_says_how_to_capitalise() -> None:
    with pytest.raises(InvalidNameError, match=r"i\.e\. 'Bank A'"):
        validate_full("bank A")
