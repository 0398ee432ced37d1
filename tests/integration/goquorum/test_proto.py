"""The contracts' protobuf reader against a plain one: random messages, whole and broken."""

from collections.abc import Iterator

import pytest
from eth_abi.abi import decode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.endpoint.account import Contract, TransactionReverted
from tests.integration.goquorum.wire import text, varint

pytestmark = pytest.mark.integration
UPDATE = "/ibc.lightclients.lcp.v1.UpdateClientMessage"
OPERATORS = "/ibc.lightclients.lcp.v1.UpdateOperatorsMessage"
REFUSALS = {"ProtoMalformed", "LCPClientUnknownProtoTypeUrl"}
Field = tuple[int, int, bytes]
Read = dict[tuple[int, int], list[bytes]]


class MalformedError(Exception):
    """What the contract calls ProtoMalformed."""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(10):
        if at >= len(data):
            raise MalformedError
        value |= (data[at] & 0x7F) << 7 * count
        at += 1
        if data[at - 1] < 0x80:
            if value >> 64:
                raise MalformedError
            return value, at
    raise MalformedError


def fields(data: bytes) -> Iterator[Field]:
    """Number, wire type and content of each field; a varint's content is its bytes."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            _, end = read_varint(data, at)
        elif wire == 2:
            size, at = read_varint(data, at)
            end = at + size
        else:
            end = at + {1: 8, 5: 4}.get(wire, len(data) + 1)
        if not number or end > len(data):
            raise MalformedError
        yield number, wire, data[at:end]
        at = end


def read(data: bytes) -> Read:
    found: Read = {}
    for number, wire, content in fields(data):
        found.setdefault((number, wire), []).append(content)
    return found


def one(found: Read, number: int) -> bytes:
    return found.get((number, 2), [b""])[-1]


def count(found: Read, number: int) -> int:
    return read_varint(found.get((number, 0), [b"\0"])[-1], 0)[0]


def routed(contract: Contract, data: bytes) -> tuple[object, ...] | None:
    """What the contract reads; None when it finds the message malformed or of another kind."""
    try:
        selector, arguments = contract.view("routeUpdateClient", "lcp-client-0", data)
    except TransactionReverted as error:
        if error.error is None or error.error.name not in REFUSALS:
            raise
        return None
    if selector == selector_of("updateClient(string,(bytes,bytes[]))"):
        return tuple(decode(["string", "(bytes,bytes[])"], arguments)[1])
    kinds = "(uint64,bytes[],uint64,uint64,bytes[])"
    assert selector == selector_of(f"updateOperators(string,{kinds})")
    return tuple(decode(["string", kinds], arguments)[1])


def selector_of(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def expected(data: bytes) -> tuple[object, ...] | None:
    try:
        packed = read(data)
        url = one(packed, 1).decode("latin-1")
        if url not in {UPDATE, OPERATORS}:
            return None
        inner = read(one(packed, 2))
    except MalformedError:
        return None
    if url == UPDATE:
        return one(inner, 1), tuple(inner.get((2, 2), ()))
    lists = tuple(tuple(inner.get((number, 2), ())) for number in (2, 5))
    return count(inner, 1), lists[0], count(inner, 3), count(inner, 4), lists[1]


numbers = st.integers(1, 7) | st.sampled_from((15, 16, 2047, 2**29 - 1))
contents = st.binary(max_size=70) | st.just(b"\x80" * 140)
long_zeros = st.integers(0, 9).map(lambda size: b"\x80" * size + b"\0")
varints = st.integers(0, 2**64 - 1).map(varint) | long_zeros | st.just(b"\xff" * 9 + b"\1")


def encoded(number: int, wire: int, content: bytes) -> bytes:
    size = varint(len(content)) if wire == 2 else b""
    return varint(number << 3 | wire) + size + content


field = st.one_of(
    st.builds(encoded, numbers, st.just(2), contents),
    st.builds(encoded, numbers, st.just(2), contents),
    st.builds(encoded, numbers, st.just(0), varints),
    st.builds(encoded, numbers, st.just(1), st.binary(min_size=8, max_size=8)),
    st.builds(encoded, numbers, st.just(5), st.binary(min_size=4, max_size=4)),
)
bodies = st.lists(field, max_size=8).map(b"".join)
urls = st.sampled_from((UPDATE, UPDATE, OPERATORS, "/another"))
cuts = st.integers(0, 40)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(urls, bodies, st.lists(field, max_size=2).map(b"".join), cuts, st.booleans())
def test_the_contract_reads_what_a_plain_reader_reads(
    light_client: Contract, url: str, body: bytes, more: bytes, cut: int, broken: bool
) -> None:
    inside = body[: max(0, len(body) - cut)] if broken else body
    data = text(1, url) + text(2, inside) + more.replace(b"\x0a", b"\x3a", 1)
    assert routed(light_client, data) == expected(data)
    short = data[: max(0, len(data) - cut)]
    assert routed(light_client, short) == expected(short)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120))
def test_the_contract_refuses_what_a_plain_reader_refuses(
    light_client: Contract, body: bytes
) -> None:
    data = text(1, UPDATE) + text(2, body)
    assert routed(light_client, data) == expected(data)
