"""The enclave's loop over its channel, without a process around it."""

import io
import logging
from pathlib import Path

import pytest

from corda_sim.lcp.enclave import process
from corda_sim.lcp.enclave.channel import decode_answer, encode, read_frame
from corda_sim.lcp.enclave.requests import (
    Answer,
    ClientFound,
    GenerateKey,
    KeyReport,
    Launch,
    QueryClient,
    Ready,
    Refused,
    Request,
)
from corda_sim.lcp.enclave.sealing import SealedLog
from corda_sim.lcp.errors import EnclaveProtocolException, SealedStateException
from tests.unit.lcp.world import NOBODY

KEY = b"\x07" * 32


def served(directory: Path, *requests: Request, garbage: bytes = b"") -> list[Answer]:
    asked = (Launch(str(directory), KEY), *requests)
    answers = io.BytesIO()
    process.serve(io.BytesIO(b"".join(map(encode, asked)) + garbage), answers)
    answers.seek(0)
    return [decode_answer(body) for body in iter(lambda: read_frame(answers), None)]


def test_a_key_is_there_at_the_next_launch(tmp_path: Path) -> None:
    first, made = served(tmp_path, GenerateKey(NOBODY))
    assert first == Ready(())
    assert isinstance(made, KeyReport)
    assert served(tmp_path) == [Ready((made.report_data[1:21],))]


def test_a_request_of_no_type_is_refused_and_the_next_one_served(tmp_path: Path) -> None:
    unknown = (2).to_bytes(4, "big") + b"\x63x"
    answers = served(tmp_path, garbage=unknown + encode(QueryClient("hb-qbft-0")))
    assert isinstance(answers[1], Refused)
    assert answers[1].type_name == "EnclaveProtocolException"
    assert answers[2] == ClientFound(found=False)


def test_a_second_launch_is_refused(tmp_path: Path) -> None:
    _, answer = served(tmp_path, Launch("elsewhere", KEY))
    assert isinstance(answer, Refused)
    assert answer.type_name == "EnclaveProtocolException"


def test_a_frame_cut_short_ends_it(tmp_path: Path) -> None:
    with pytest.raises(EnclaveProtocolException):
        served(tmp_path, garbage=b"\0\0\0\x09x")


def test_what_fails_inside_is_neither_told_nor_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(KEY.hex())

    monkeypatch.setattr(process, "handle", fail)
    with caplog.at_level(logging.DEBUG):
        _, answer = served(tmp_path, QueryClient("x"))
    assert answer == Refused("EnclaveFailedException", "the enclave failed inside")
    assert "ValueError" in caplog.text
    assert KEY.hex() not in caplog.text


def test_what_cannot_be_sealed_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SealedStateException("the disk is full")

    monkeypatch.setattr(SealedLog, "append", full)
    _, answer = served(tmp_path, GenerateKey(NOBODY))
    assert answer == Refused("SealedStateException", "the disk is full")
    monkeypatch.undo()
    assert served(tmp_path) == [Ready(())]
