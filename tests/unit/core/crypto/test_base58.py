"""Base58 figures published with Corda's own tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.crypto import base58
from corda_sim.core.errors import IllegalArgumentError

PAIRS = [
    (b"Hello World", "JxF12TrwUP45BMd"),
    # Java's BigInteger 3471844090 has a zero byte for its sign.
    (b"\0" + (3471844090).to_bytes(4, "big"), "16Ho7Hs"),
    (bytes(1), "1"),
    (bytes(7), "1111111"),
    (b"", ""),
]


@pytest.mark.parametrize(("data", "text"), PAIRS)
def test_figures(data: bytes, text: str) -> None:
    assert base58.encode(data) == text
    assert base58.decode(text) == data


@pytest.mark.parametrize("text", ["This isn't valid base58", "0", "O", "I", "l"])
def test_refuses_other_characters(text: str) -> None:
    with pytest.raises(IllegalArgumentError, match="Illegal character"):
        base58.decode(text)


@given(st.binary(max_size=80))
def test_round_trip(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data
