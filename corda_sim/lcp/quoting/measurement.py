"""The measurement: a hash over every file that the enclave's process loads.

Paths count by what they are part of, so that equal installations measure alike wherever they lie.
"""

import sysconfig
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from corda_sim.lcp.enclave.packages import OTHERS, OWN
from corda_sim.lcp.errors import EnclaveNotMeasuredException

ROOT: Final = Path(__file__).resolve().parents[3]
_NOT_STANDARD: Final = frozenset(("site-packages", "dist-packages", "test"))


def package_folders() -> tuple[Path, ...]:
    """Where installed packages are, once each."""
    found = (sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    return tuple(dict.fromkeys(map(Path, found)))


def enclave_files(root: Path = ROOT) -> dict[str, Path]:
    """Sources and extension modules by label: this program's, packages', the standard library's."""
    files = {f"corda_sim/{_under(root, path)}": path for path in _own(root)}
    for folder in package_folders():
        files |= {f"packages/{_under(folder, path)}": path for path in _installed(folder)}
    standard = Path(sysconfig.get_path("stdlib"))
    files |= {f"python/{_under(standard, path)}": path for path in _standard(standard)}
    return files


def mapped_files(pid: int, known: Mapping[str, Path]) -> dict[str, Path]:
    """Interpreter and shared libraries of a process, but for those known. Linux only.

    Raises: EnclaveNotMeasuredException when the process is gone.
    """
    try:
        lines = Path(f"/proc/{pid}/maps").read_text().splitlines()
    except OSError as error:
        raise EnclaveNotMeasuredException(f"process {pid} can't be looked at") from error
    fields = (line.split(maxsplit=5) for line in lines)
    paths = {Path(one[5]) for one in fields if len(one) == 6 and "x" in one[1]}
    measured = {one.resolve() for one in known.values()}
    rest = {path for path in paths if path.is_absolute()} - measured
    return {f"mapped/{path.name}": path for path in sorted(rest)}


def measure(files: Mapping[str, Path]) -> bytes:
    """SHA-256 over labels and hashes of contents. Raises: EnclaveNotMeasuredException."""
    whole = sha256()
    try:
        for label in sorted(files):
            whole.update(sha256(label.encode()).digest())
            whole.update(sha256(files[label].read_bytes()).digest())
    except OSError as error:
        raise EnclaveNotMeasuredException(f"a file can't be measured: {error}") from error
    return whole.digest()


def _under(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _own(root: Path) -> Iterator[Path]:
    yield from (root / "corda_sim/__init__.py", root / "corda_sim/lcp/__init__.py")
    for part in OWN:
        path = root.joinpath(*part.split("."))
        yield from _code(path) if path.is_dir() else (path.with_suffix(".py"),)


def _installed(folder: Path) -> Iterator[Path]:
    for name in OTHERS:
        yield from _code(folder / name)
        yield from folder.glob(f"{name}.py")
        yield from folder.glob(f"{name}.*so")


def _standard(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _NOT_STANDARD:
            yield from _code(entry)
        elif _is_code(entry):
            yield entry


def _code(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if _is_code(path))


def _is_code(path: Path) -> bool:
    return path.suffix in {".py", ".so"} and path.is_file()
