"""A fuzzer that follows the code, beside what hypothesis draws; needs the extra `fuzz`."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.property.decoders import decoders

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not find_spec("atheris"), reason="no atheris: pip install -e .[fuzz]"),
]
SECONDS = int(os.environ.get("CORDA_SIM_FUZZ_SECONDS", "10"))
NAMES = [*sorted(decoders()), "protobuf"]


@pytest.mark.parametrize("name", NAMES)
def test_a_fuzzer_finds_nothing(tmp_path: Path, name: str) -> None:
    samples = () if name == "protobuf" else decoders()[name].samples
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, sample in enumerate(samples):
        (corpus / str(number)).write_bytes(sample)
    words = (sys.executable, "-m", "tests.fuzz", name, f"-max_total_time={SECONDS}", str(corpus))
    path = {"PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        words, cwd=tmp_path, env=os.environ | path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    assert "Done" in ended.stderr
