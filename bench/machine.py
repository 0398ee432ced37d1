"""The speed of the machine, in units that every figure can be related to."""

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from corda_sim.core.crypto.crypto import generate_key_pair, sign, verify
from corda_sim.core.crypto.schemes import DEFAULT_SIGNATURE_SCHEME

SAMPLES = 200


def verify_us() -> float:
    """One ed25519 verification in microseconds of thread CPU time, the median of many."""
    pair = generate_key_pair(DEFAULT_SIGNATURE_SCHEME, sha256(b"bench").digest())
    signature = sign(pair.private, b"data")
    found = []
    for _ in range(SAMPLES):
        began = time.thread_time_ns()
        verify(pair.public, signature, b"data")
        found.append((time.thread_time_ns() - began) / 1000)
    return statistics.median(found)


def fsync_us() -> float:
    """One `fdatasync` of a 4 KiB write in microseconds, the median of many."""
    found = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(SAMPLES):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter_ns()
            os.fdatasync(file.fileno())
            found.append((time.perf_counter_ns() - began) / 1000)
    return statistics.median(found)


@dataclass(frozen=True, slots=True)
class Machine:
    """The units above, and the load of the last minute (processes that ran or waited to)."""

    verify_us: float
    fsync_us: float
    load: float

    @classmethod
    def measure(cls) -> Self:
        """Take them now."""
        return cls(round(verify_us(), 1), round(fsync_us(), 1), round(os.getloadavg()[0], 2))
