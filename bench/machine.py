"""The speed of the machine, in units that every figure can be related to."""

import os
import statistics
import tempfile
import time
from hashlib import sha256

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
