"""The measurement: a hash over every file that the enclave's process loads.

Paths count by what they are part of, so that equal installations measure alike wherever they lie.
"""

import sys
import sysconfig
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from corda_sim.lcp.enclave.packages import CODE, OTHERS, OWN
from corda_sim.lcp.errors import EnclaveNotMeasuredException

ROOT: Final = Path(__file__).resolve().parents[3]
_NOT_STANDARD: Final = frozenset(("site-packages", "dist-packages", "test"))


def package_folders() -> tuple[Path, ...]:
    """Where installed packages are, once each."""
    found = (sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    return tuple(dict.fromkeys(map(Path, found)))


def enclave_files(root: Path = ROOT) -> dict[str, Path]:
    """Code by label: this program's, the packages', the standard library's."""
    files = {f"corda_sim/{_under(root, path)}": path for path in _own(root)}
    for folder in package_folders():
        files |= {f"packages/{_under(folder, path)}": path for path in _installed(folder)}
    standard = Path(sysconfig.get_path("stdlib"))
    files |= {f"python/{_under(standard, path)}": path for path in _standard(standard)}
    return files | {f"zipped/{path.name}": path for path in _zipped(standard)}


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
    for parent in (root / "corda_sim", root / "corda_sim/lcp"):
        yield from filter(_is_code, parent.glob("__init__.*"))
    for part in OWN:
        path = root.joinpath(*part.split("."))
        yield from _module(path.parent, path.name)


def _installed(folder: Path) -> Iterator[Path]:
    for name in OTHERS:
        yield from _module(folder, name)


def _standard(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _NOT_STANDARD:
            yield from _code(entry)
        elif _is_code(entry):
            yield entry


def _zipped(standard: Path) -> Iterator[Path]:
    """The zip that the interpreter starts from ahead of the standard library, if there is one."""
    path = standard.parent / f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    if path.exists():
        yield path


def _module(folder: Path, name: str) -> Iterator[Path]:
    """All that a module of this name may be loaded from: package or single file."""
    yield from _code(folder / name)
    yield from filter(_is_code, folder.glob(f"{name}.*"))


def _code(folder: Path) -> Iterator[Path]:
    """The folder's code, and linked folders: these can't be measured, so they are an error."""
    return (path for path in folder.rglob("*") if _is_code(path) or _is_linked_folder(path))


def _is_linked_folder(path: Path) -> bool:
    return path.is_symlink() and path.is_dir()


def _is_code(path: Path) -> bool:
    """Sources, extensions, and bytecode outside caches: the interpreter starts before the hook."""
    kind = path.suffix in CODE or (path.suffix == ".pyc" and path.parent.name != "__pycache__")
    return kind and path.is_file()
