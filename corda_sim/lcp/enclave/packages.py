"""What the enclave may load: the quoting service measures all of it, and nothing else is let in."""

import sys
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Final

OWN: Final = ("corda_sim.core", "corda_sim.ibc", "corda_sim.lcp.enclave", "corda_sim.lcp.errors")
"""Parts of this program."""
OTHERS: Final = (
    "Crypto",
    "_cffi_backend",
    "_libsecp256k1",
    "annotated_types",
    "cffi",
    "coincurve",
    "cryptography",
    "cytoolz",
    "eth_abi",
    "eth_hash",
    "eth_typing",
    "eth_utils",
    "msgspec",
    "parsimonious",
    "pycparser",
    "pydantic",
    "pydantic_core",
    "regex",
    "rlp",
    "toolz",
    "typing_extensions",
    "typing_inspection",
)
"""Installed packages, beside the standard library."""
CODE: Final = frozenset((".py", ".so"))
"""The ends of files that are let in: bytecode without its source isn't."""
_BUILD_VALUES = "_sysconfigdata_"
"""The standard library's module whose name tells the platform, so that no list has it."""
_PARENTS = ("corda_sim", "corda_sim.lcp", "__main__")


class ClosedWorld:
    """An import hook that lets nothing in but sources and extensions that are measured.

    Each module comes from the one place meant for its name: this program's root, the standard
    library's folders, or the packages' folders.
    """

    def __init__(self, root: Path, standard: Sequence[str], packages: Sequence[str]) -> None:
        self._own = (str(root),)
        self._standard = standard
        self._packages = packages

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002 - importlib's signature
    ) -> ModuleSpec:
        """Where a module is loaded from. Raises: ModuleNotFoundError."""
        if not is_measured(name):
            raise ModuleNotFoundError(f"{name} is no part of the enclave", name=name)
        folders = self._folders(name.partition(".")[0])
        spec = PathFinder.find_spec(name, folders if path is None else path)
        if spec is None or not _is_file_under(spec, folders):
            raise ModuleNotFoundError(f"{name} has no file in the enclave", name=name)
        return spec

    def _folders(self, top: str) -> Sequence[str]:
        if top == "corda_sim":
            return self._own
        return self._packages if top in OTHERS else self._standard


def _is_file_under(spec: ModuleSpec, folders: Sequence[str]) -> bool:
    """Whether a module is a source or an extension below one of the folders."""
    if type(spec.loader) not in (SourceFileLoader, ExtensionFileLoader):
        return False
    file = Path(str(spec.origin))
    return file.suffix in CODE and any(map(file.is_relative_to, folders))


def is_measured(name: str) -> bool:
    """Whether a module is part of the enclave."""
    top = name.partition(".")[0]
    if top == "corda_sim":
        return name in _PARENTS or any(f"{name}.".startswith(f"{part}.") for part in OWN)
    return top in OTHERS or top in sys.stdlib_module_names or top.startswith(_BUILD_VALUES)
