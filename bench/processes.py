"""CPU time of the processes that a benchmark has started, by what they are."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from corda_sim.local.processes import stat_fields

_TICK_MS: Final = 1000 / os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12
"""Places in what `stat_fields` tells."""
_NAMES: Final = {
    "goquorum.devnet.serve_quick": "quick chain",
    "anvil": "EVM",
    "__main__.py": "enclave",
    "relayer": "relayer",
    "attestation": "attestation",
    "lcp": "LCP",
}
"""By the last part of a word of the command line."""


def cpu_ms() -> Counter[str]:
    """Milliseconds of CPU since their start, of this process and all that descend from it."""
    found = dict(_stats())
    ours = {os.getpid()}
    while more := {pid for pid, one in found.items() if int(one[_PARENT]) in ours} - ours:
        ours |= more
    used = Counter[str]()
    for pid in ours & found.keys():
        ticks = int(found[pid][_USER]) + int(found[pid][_SYSTEM])
        used[_name(pid)] += round(ticks * _TICK_MS)
    return used


def _stats() -> Iterator[tuple[int, list[str]]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := stat_fields(int(folder.name))):
            yield int(folder.name), fields


def _name(pid: int) -> str:
    if pid == os.getpid():
        return "benchmark"
    words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    if "node" in words and "run" in words:
        return Path(words[words.index("run") + 1]).name
    parts = {Path(word).name for word in words}
    return next((name for part, name in _NAMES.items() if part in parts), "rest")
