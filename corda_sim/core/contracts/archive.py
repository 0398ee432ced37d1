"""Contract archives: a normal form of zip that is the same bytes on every machine.

Stored (not compressed) ``.py`` files with sorted names, the date 1980-01-01 and fixed attributes.
"""

import ast
import io
import zipfile
from collections.abc import Mapping

from corda_sim.core.errors import DecodeError

MAX_ARCHIVE_FILES = 4096
_DATE = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """The archive of these files, by path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, _DATE)
            info.create_system = _UNIX
            info.external_attr = _MODE
            archive.writestr(info, files[path])
    return buffer.getvalue()


def read_archive(content: bytes) -> dict[str, bytes]:
    """Files of an archive, by path.

    Raises: DecodeError for bytes that ``write_archive`` would not have written.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries, len(content))
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError) as error:
        raise DecodeError(f"not a contract archive: {error}") from error
    except (KeyError, RuntimeError, IndexError, OverflowError) as error:
        raise DecodeError(f"not a contract archive: {error}") from error
    if write_archive(files) != content:
        raise DecodeError("the archive is not in normal form")
    return files


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_ARCHIVE_FILES:
        raise DecodeError(f"more than {MAX_ARCHIVE_FILES} files")
    if sum(entry.file_size for entry in entries) > size:
        raise DecodeError("an archive's files lie one behind the other")
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED:
            raise DecodeError("an archive's files are stored, not compressed")
        parts = entry.filename.removesuffix(".py").split("/")
        if not entry.filename.endswith(".py") or not all(part.isidentifier() for part in parts):
            raise DecodeError(f"{entry.filename!r} is no Python module")


def contract_names(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Wire names of the contracts that an archive declares, sorted, found without running it.

    A contract says ``contract_name = "…"`` in its class body.
    Raises: DecodeError when a file is no Python source.
    """
    found: set[str] = set()
    for path, source in files.items():
        for node in ast.walk(parse_source(source, path)):
            if isinstance(node, ast.ClassDef):
                found.update(_declared(node))
    return tuple(sorted(found))


def parse_source(source: bytes, path: str) -> ast.Module:
    """The syntax tree. Raises: DecodeError when it is no Python source."""
    try:
        return ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise DecodeError(f"{path} is no Python source: {error}") from error


def _declared(node: ast.ClassDef) -> list[str]:
    names = []
    for statement in node.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="contract_name")], value=ast.Constant(value=str(v))
            ):
                names.append(v)
            case ast.AnnAssign(
                target=ast.Name(id="contract_name"), value=ast.Constant(value=str(v))
            ):
                names.append(v)
            case _:
                continue
    return names
