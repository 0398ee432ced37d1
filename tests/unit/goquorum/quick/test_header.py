"""Header and extraData bytes, against what GoQuorum v22.4.0 was seen to write."""

from dataclasses import replace

import rlp

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.qbft.header import parse_header
from goquorum.quick.header import VANITY, Extra, Header, header_over
from goquorum.quick.validators import Vote
from tests.unit.goquorum.quick.evm import START, evm_block

VALIDATORS = tuple(bytes([number]) * 20 for number in range(1, 5))
SEALS = (b"\x07" * 65, b"\x08" * 65, b"\x09" * 65)
PARENT = b"\x55" * 32


def header(**changes: object) -> Header:
    return header_over(evm_block(7), PARENT, VALIDATORS[2], Extra(VALIDATORS, **changes))  # type: ignore[arg-type]


def test_extra_data_of_block_0_with_four_validators() -> None:
    found = Extra(VALIDATORS, vanity=bytes(32)).encode().hex()
    lists = "".join("94" + one.hex() for one in VALIDATORS)
    assert found == "f87aa0" + "00" * 32 + "f854" + lists + "c080c0"


def test_extra_data_keeps_vote_round_and_seals_as_they_are() -> None:
    vote = Vote(b"\x05" * 20, add=True)
    vanity, validators, voted, at_round, seals = rlp.decode(
        Extra(VALIDATORS, vote, 3, SEALS).encode()
    )
    assert vanity == VANITY == b"corda-sim quick (simulated)".ljust(32, b"\0")
    assert validators == list(VALIDATORS)
    assert (voted, at_round, seals) == ([b"\x05" * 20, b"\xff"], b"\x03", list(SEALS))


def test_the_fifteen_fields() -> None:
    fields = rlp.decode(header().encode())
    assert len(fields) == 15
    assert fields[0] == PARENT
    assert fields[1] == keccak256(rlp.encode([]))
    assert fields[2] == VALIDATORS[2]
    assert [fields[at].hex() for at in (3, 4, 5)] == [f"{107:064x}", "22" * 32, "33" * 32]
    assert fields[6] == bytes(256)
    assert [int.from_bytes(one, "big") for one in fields[7:12]] == [1, 7, 0xE0000000, 21000, START]
    assert fields[13] == b"ctical byzantine fault tolerance"
    assert fields[14] == bytes(8)


def test_the_block_hash_knows_neither_round_nor_seals() -> None:
    plain = header()
    assert plain.block_hash() == keccak256(plain.encode())
    assert header(round=4, seals=SEALS).block_hash() == plain.block_hash()
    assert header(vote=Vote(b"\x05" * 20, add=False)).block_hash() != plain.block_hash()


def test_the_sealed_hash_keeps_the_round() -> None:
    assert header().seal_hash() == header().block_hash()
    later = header(round=1)
    assert later.seal_hash() == keccak256(later.encode()) != later.block_hash()
    assert later.sealed(SEALS).seal_hash() == later.seal_hash()
    assert later.sealed(SEALS).extra.seals == SEALS


def test_the_light_client_reads_the_same() -> None:
    later = header(round=2)
    found = parse_header(later.encode())
    assert (found.number, found.timestamp, found.round) == (7, START, 2)
    assert found.validators == VALIDATORS
    assert (found.block_hash, found.commit_hash) == (later.block_hash(), later.seal_hash())


def test_every_field_is_in_the_hash() -> None:
    plain = header()
    others = [
        replace(plain, **{name: b"\x66" * len(getattr(plain, name))})  # type: ignore[arg-type]
        for name in ("parent_hash", "miner", "state_root", "transactions_root", "receipts_root")
    ]
    others += [
        replace(plain, **{name: getattr(plain, name) + 1})
        for name in ("number", "gas_limit", "gas_used", "timestamp")
    ]
    assert len({one.block_hash() for one in [plain, *others]}) == len(others) + 1
