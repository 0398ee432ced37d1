"""Building a contract archive from an installed package.

The archive holds the package's modules and every module they import that Corda's platform does not
provide: modules of the same top-level package, and those of ``corda_sim`` outside its core.
"""

import ast
import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

from corda_sim.core.contracts.archive import parse_source, write_archive
from corda_sim.core.errors import IllegalArgumentError

_PLATFORM = "corda_sim"
_CORE = "corda_sim.core"
_IMPURE = tuple(
    f"corda_sim.{name}" for name in ("flow", "node", "rpc", "cli", "testing", "invariants")
)


def build_cordapp_archive(package: str) -> bytes:
    """The contract archive of a package such as ``states.cash``, the same bytes on any machine.

    Raises: IllegalArgumentError when the package is not installed or imports a part of the
    platform that contracts must not see.
    """
    files: dict[str, bytes] = {}
    pending = _modules_of(package)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        located = _locate(name)
        if located is None:
            continue
        path, file = located
        source = file.read_bytes().replace(b"\r\n", b"\n")
        files[path] = source
        pending.extend(_wanted(source, path, name, package))
    return write_archive(files)


def _spec(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None


def _modules_of(package: str) -> list[str]:
    spec = _spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise IllegalArgumentError(f"package {package} is not installed")
    names = [package]
    for root in map(Path, spec.submodule_search_locations):
        for file in root.rglob("*.py"):
            parts = file.relative_to(root).with_suffix("").parts
            names.append(".".join((package, *parts)).removesuffix(".__init__"))
    return names


def _locate(name: str) -> tuple[str, Path] | None:
    """Archive path and file of a module, or None where the name is no module with a source."""
    spec = _spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    base = name.replace(".", "/")
    return (f"{base}/__init__.py" if spec.submodule_search_locations else f"{base}.py"), Path(
        spec.origin
    )


def _wanted(source: bytes, path: str, module: str, package: str) -> list[str]:
    parent = module if path.endswith("/__init__.py") else module.rpartition(".")[0]
    wanted: list[str] = []
    for name in _imports(source, path, parent):
        if not _is_carried(name, package):
            continue
        if any(name == one or name.startswith(one + ".") for one in _IMPURE):
            raise IllegalArgumentError(f"contract module {module} imports {name}")
        parts = name.split(".")
        # a module's package runs first; the top-level one is the platform's or only a namespace
        wanted.extend(".".join(parts[: i + 1]) for i in range(1, len(parts)))
    return wanted


def _is_carried(name: str, package: str) -> bool:
    if name == _CORE or name.startswith(_CORE + "."):
        return False
    return name.partition(".")[0] in (package.partition(".")[0], _PLATFORM)


def _imports(source: bytes, path: str, parent: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(parse_source(source, path)):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
            _refuse_bare_platform(path, [a.name for a in node.names if a.asname is None])
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, parent)
            _refuse_bare_platform(path, [base] if base == _PLATFORM else [])
            names.append(base)
            names.extend(f"{base}.{alias.name}" for alias in node.names)
    return names


def _refuse_bare_platform(path: str, names: list[str]) -> None:
    # the name corda_sim cannot stand for the platform and for the archive's copy of a part of it
    for name in names:
        if name.partition(".")[0] == _PLATFORM:
            raise IllegalArgumentError(f"{path}: write 'from {name}... import' instead")


def _absolute(node: ast.ImportFrom, parent: str) -> str:
    module = node.module or ""
    if not node.level:
        return module
    parts = parent.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return f"{base}.{module}" if module else base
