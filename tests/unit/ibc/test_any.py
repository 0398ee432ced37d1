import pytest

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage, pack, unpack
from tests.unit.ibc.chain import MockClientState, MockConsensusState


def test_any_round_trip() -> None:
    state = MockClientState("A")
    assert unpack(pack(state), MockClientState) == state
    assert AnyMessage.pack(state) == AnyMessage("/test.mock.ClientState", state.encode())


def test_empty_value_is_left_out() -> None:
    assert pack(MockConsensusState()) == b"\x0a\x19/test.mock.ConsensusState"


def test_any_of_another_type() -> None:
    with pytest.raises(DecodeError):
        unpack(pack(MockClientState("A")), MockConsensusState)


def test_any_without_slash() -> None:
    with pytest.raises(DecodeError):
        AnyMessage("test.mock.ClientState").unpack(MockClientState)
