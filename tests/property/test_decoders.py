"""No bytes make a decoder do more than give a value or refuse them, in bounded time and memory.

Bounds for 64 KiB: half a second of CPU time, ten times what a quiet machine needs at most; 64 MB.
"""

import contextlib
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corda_sim.core.serialization import MAGIC
from corda_sim.cross.auth.types import MsgExtSignTx
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.lightclients.corda.types import TearOff
from corda_sim.ibc.protobuf import Message
from tests.property.decoders import Decoder, decoders, message_kinds

SIZE = 64 * 1024
CPU_SECONDS, MEMORY = 0.5, 64 * 1024 * 1024
NAMES = sorted(decoders())
UNTAKEN = {"QBFT header", "storage proof", "component"}
"""Their samples are of the right form alone."""

REPEATED = {
    "zeros": b"\0",
    "nested arrays": b"\x91",
    "wide arrays": b"\x9f",
    "nested maps": b"\x81\xa0",
    "endless arrays": b"\xdd\xff\xff\xff\xff",
    "endless bytes": b"\xc6\xff\xff\xff\xff",
    "objects": b"\xd4\x01",
    "empty objects": b"\xc7\x00\x01",
    "nested DER": b"\x30\x80",
    "DER in DER": b"\x30\x82\xff\xf0",
    "DER integers": b"\x02\x01\x01",
    "nested RLP": b"\xc1",
    "RLP of RLP": b"\xf9\xff\xf0",
    "varints": b"\x80",
    "empty messages": b"\x0a\x00\x12\x00\x1a\x00",
    "long messages": b"\x0a\xff\xff\x03",
    "ABI words": bytes(31) + b"\x20",
    "parentheses": b"(",
    "minus signs": b"-",
    "names in zips": b"PK\x01\x02",
}


def read(decoder: Decoder, data: bytes) -> None:
    """Within the bounds, with a value or a refusal."""
    began = time.thread_time()
    with contextlib.suppress(*decoder.refusals):
        decoder.read(data)
    assert time.thread_time() - began < CPU_SECONDS


def nasty() -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda head, unit, tail: (head + unit * (SIZE // len(unit)))[: SIZE - len(tail)] + tail,
        st.sampled_from((b"", MAGIC)),
        st.sampled_from(list(REPEATED.values())) | st.binary(min_size=1, max_size=8),
        st.binary(max_size=8),
    )


@st.composite
def damaged(draw: st.DrawFn, samples: tuple[bytes, ...]) -> bytes:
    """A sample with bytes changed, taken out, put in or repeated."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 8))
        put = draw(st.binary(max_size=8) | st.sampled_from(list(REPEATED.values())))
        data[at : at + length] = put * draw(st.sampled_from((1, 1, 1, 500)))
    return bytes(data[:SIZE])


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_a_value_or_a_refusal(name: str) -> None:
    decoder = decoders()[name]
    inputs = st.binary(max_size=300) | nasty()
    if decoder.samples:
        inputs |= damaged(decoder.samples)

    @given(inputs)
    def hold(data: bytes) -> None:
        read(decoder, data)

    hold()


@st.composite
def many_fields(draw: st.DrawFn) -> bytes:
    """A field as often as it fits: empty, or with small fields of its own."""
    numbers = st.integers(1, 15)
    inner = draw(
        st.lists(st.tuples(numbers.map(lambda n: n << 3), numbers).map(bytes), max_size=60)
    )
    unit = bytes((draw(numbers) << 3 | 2, len(inner) * 2)) + b"".join(inner)
    return unit * (SIZE // len(unit))


@given(st.sampled_from(message_kinds()), st.binary(max_size=300) | nasty() | many_fields())
def test_any_bytes_are_a_protobuf_message_or_a_refusal(kind: type[Message], data: bytes) -> None:
    read(Decoder(kind.decode_strict), data)


def peak_of(decoder: Decoder, data: bytes) -> int:
    """The most bytes that Python held while it read."""
    tracemalloc.start()
    try:
        with contextlib.suppress(*decoder.refusals):
            decoder.read(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", NAMES)
def test_no_bytes_fill_the_memory(name: str) -> None:
    inputs = [head + unit * SIZE for head in (b"", MAGIC) for unit in REPEATED.values()]
    peaks = [peak_of(decoders()[name], data[:SIZE]) for data in inputs]
    assert max(peaks) < MEMORY


@pytest.mark.parametrize("kind", [TearOff, MsgExtSignTx, AnyMessage])
def test_no_bytes_fill_the_memory_with_protobuf_messages(kind: type[Message]) -> None:
    """Each field in turn, empty and as often as it fits: what takes most room for its bytes."""
    inputs = [bytes((number << 3 | 2, 0)) * (SIZE // 2) for number in range(1, 4)]
    assert max(peak_of(Decoder(kind.decode), data) for data in inputs) < MEMORY


@pytest.mark.parametrize("name", [name for name in NAMES if decoders()[name].samples])
def test_what_is_damaged_is_taken_when_it_is_whole(name: str) -> None:
    """Else damage would show nothing but what the first check does."""
    decoder, taken = decoders()[name], 0
    for sample in decoder.samples:
        with contextlib.suppress(*decoder.refusals):
            decoder.read(sample)
            taken += 1
    assert taken > 0 or name in UNTAKEN
