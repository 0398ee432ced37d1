"""The enclave as a process: killed, edited, changed."""

import os
import py_compile
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from corda_sim.lcp.enclave.channel import LOADED, decode_answer, encode
from corda_sim.lcp.enclave.requests import (
    ClientFound,
    GenerateKey,
    KeyReport,
    QueryClient,
    Refused,
    Signed,
)
from corda_sim.lcp.enclave.sealing import FILE_NAME
from corda_sim.lcp.errors import EnclaveRefusedException, EnclaveUnavailableException
from corda_sim.lcp.node.host import EnclaveHost
from corda_sim.lcp.quoting.measurement import ROOT
from corda_sim.lcp.quoting.process import command
from corda_sim.lcp.quoting.service import QuotingService
from tests.unit.lcp.world import NOBODY, QBFT, QbftWorld

UNKNOWN = bytes(20)
FOREIGN = "raise SystemExit('foreign code ran')"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[EnclaveHost]:
    made = EnclaveHost(QuotingService(tmp_path))
    yield made
    made.stop()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """This program at another place."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "corda_sim", tmp_path / "program/corda_sim", ignore=ignored)
    return tmp_path / "program"


def new_key(host: EnclaveHost) -> bytes:
    answer = host.call(GenerateKey(NOBODY))
    assert isinstance(answer, KeyReport)
    return answer.report_data[1:21]


def sealed(tmp_path: Path, host: EnclaveHost) -> Path:
    return tmp_path / host.mrenclave.hex() / FILE_NAME


def test_a_killed_enclave_has_lost_nothing_answered(host: EnclaveHost) -> None:
    world = QbftWorld(time=time.time_ns() // 10**9, period=0)
    creation = replace(world.creation(), signer=new_key(host))
    created = host.call(creation)
    assert isinstance(created, Signed)
    before = host.pid
    os.kill(before, signal.SIGKILL)
    found = host.call(QueryClient(QBFT))
    assert host.pid != before
    assert found == ClientFound(True, creation.client_state, creation.consensus_state)
    quote = host.quote(creation.signer)
    assert quote.body[369:389] == creation.signer
    assert quote.body[112:144] == host.mrenclave
    assert quote.body[96] & 2


def test_its_errors_arrive_by_name(host: EnclaveHost) -> None:
    with pytest.raises(EnclaveRefusedException) as caught:
        host.quote(UNKNOWN)
    assert caught.value.type_name == "UnknownEnclaveKeyException"


def test_edited_state_is_refused(host: EnclaveHost, tmp_path: Path) -> None:
    new_key(host)
    host.stop()
    database = sqlite3.connect(sealed(tmp_path, host))
    with database:
        database.execute("UPDATE log SET record = zeroblob(length(record))")
    database.close()
    with pytest.raises(EnclaveRefusedException) as caught:
        host.call(QueryClient(QBFT))
    assert caught.value.type_name == "SealedStateException"


def test_changed_files_are_another_enclave_without_the_former_key(
    program: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    first = EnclaveHost(QuotingService(state, program))
    key = new_key(first)
    changed = program / "corda_sim/lcp/enclave/signing.py"
    changed.write_bytes(changed.read_bytes() + b"\n")
    os.kill(first.pid, signal.SIGKILL)
    with pytest.raises(EnclaveUnavailableException):
        first.call(QueryClient(QBFT))
    second = EnclaveHost(QuotingService(state, program))
    assert second.mrenclave != first.mrenclave
    with pytest.raises(EnclaveRefusedException) as caught:
        second.quote(key)
    assert caught.value.type_name == "UnknownEnclaveKeyException"
    second.stop()


def started(root: Path) -> subprocess.CompletedProcess[bytes]:
    """An enclave whose first request isn't Launch."""
    request = encode(QueryClient(QBFT))
    return subprocess.run(command(root), input=request, capture_output=True, check=False, env={})


def test_files_beside_the_program_are_not_run(program: Path) -> None:
    for name in ("json", "typing", "pathlib", "coincurve", "pydantic"):
        (program / f"{name}.py").write_text(FOREIGN)
    process = started(program)
    assert process.stdout[:1] == LOADED
    assert process.stderr == b""


def test_bytecode_without_its_source_is_not_run(program: Path, tmp_path: Path) -> None:
    source = tmp_path / "foreign.py"
    source.write_text(FOREIGN)
    (program / "corda_sim/ibc/any").mkdir()
    py_compile.compile(str(source), str(program / "corda_sim/ibc/any/__init__.pyc"), doraise=True)
    process = started(program)
    assert process.stdout == b""
    assert b"corda_sim.ibc.any has no file in the enclave" in process.stderr
    assert b"foreign code ran" not in process.stderr


def test_cached_bytecode_is_not_run(program: Path, tmp_path: Path) -> None:
    source, real = tmp_path / "foreign.py", program / "corda_sim/ibc/any.py"
    source.write_text(FOREIGN)
    py_compile.compile(
        str(source),
        cache_from_source(str(real)),
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    assert started(program).stdout[:1] == LOADED


def test_the_first_request_is_launch_and_garbage_ends_it() -> None:
    process = started(ROOT)
    assert process.stdout[:1] == LOADED
    answer = decode_answer(process.stdout[5:])
    assert isinstance(answer, Refused)
    assert answer.type_name == "EnclaveProtocolException"
    assert process.stderr == b""
