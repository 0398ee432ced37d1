"""Calls, results, errors and events by ABI."""

import pytest
from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.endpoint.abi import AbiError, Interface

ABI = (
    {
        "type": "function",
        "name": "move",
        "inputs": [
            {
                "name": "where",
                "type": "tuple",
                "components": [{"name": "x", "type": "uint64"}, {"name": "y", "type": "uint64"}],
            },
            {"name": "names", "type": "string[]"},
        ],
        "outputs": [{"name": "", "type": "bool"}],
    },
    {"type": "error", "name": "TooFar", "inputs": [{"name": "distance", "type": "uint256"}]},
    {
        "type": "event",
        "name": "Moved",
        "inputs": [
            {"name": "id", "type": "bytes", "indexed": True},
            {"name": "step", "type": "uint8", "indexed": True},
            {"name": "note", "type": "string", "indexed": False},
        ],
    },
    {"type": "constructor", "inputs": [{"name": "limit", "type": "uint256"}]},
)
INTERFACE = Interface(ABI)


def test_a_call_is_selector_and_arguments() -> None:
    data = INTERFACE.call("move", (1, 2), ["a"])
    assert data[:4] == keccak256(b"move((uint64,uint64),string[])")[:4]
    assert data[4:] == encode(["(uint64,uint64)", "string[]"], [(1, 2), ["a"]])


def test_arguments_that_dont_fit_are_refused() -> None:
    with pytest.raises(AbiError, match="move doesn't take these arguments"):
        INTERFACE.call("move", (1, -2), ["a"])
    with pytest.raises(AbiError, match="No function is named jump"):
        INTERFACE.call("jump")


def test_results_are_decoded_or_refused() -> None:
    assert INTERFACE.result("move", (1).to_bytes(32, "big")) == (True,)
    with pytest.raises(AbiError, match="returned something else"):
        INTERFACE.result("move", b"\1")


def test_errors_are_named_with_their_arguments() -> None:
    data = keccak256(b"TooFar(uint256)")[:4] + (9).to_bytes(32, "big")
    assert str(INTERFACE.error(data)) == "TooFar(distance=9)"
    assert INTERFACE.error(b"\1\2\3\4") is None


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (bytes.fromhex("08c379a0") + encode(["string"], ["no"]), "Error(reason=no)"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [17]), "Panic(code=17)"),
    ],
)
def test_solidity_own_errors_are_known(data: bytes, shown: str) -> None:
    assert str(INTERFACE.error(data)) == shown


def test_an_indexed_value_of_variable_length_comes_as_its_hash() -> None:
    topics = (keccak256(b"Moved(bytes,uint8,string)"), keccak256(b"id"), (3).to_bytes(32, "big"))
    event = INTERFACE.event(topics, encode(["string"], ["hello"]))
    assert event is not None
    assert event.arguments == {"id": keccak256(b"id"), "step": 3, "note": "hello"}
    assert INTERFACE.event((b"\1" * 32,), b"") is None
    assert INTERFACE.event((), b"") is None


def test_a_constructors_arguments_follow_the_code() -> None:
    assert INTERFACE.constructor(5) == (5).to_bytes(32, "big")
    assert Interface([]).constructor() == b""
