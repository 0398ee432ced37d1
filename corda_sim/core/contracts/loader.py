"""Loading contract archives beside one another, each under private module names.

An archive with id ``7F3A…`` is imported as ``_cordapp_7f3a….states.cash…``: two versions of a
contract never share a class, and neither is the installed copy. Only archives that the operator
trusts are ever imported.
"""

import builtins
import importlib
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

from corda_sim.core.contracts.archive import read_archive
from corda_sim.core.contracts.attachments import ContractAttachment
from corda_sim.core.contracts.contract import Contract
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import UntrustedAttachmentsException
from corda_sim.core.recent import Recent
from corda_sim.core.serialization import PLATFORM, Registry, using_registry

_PREFIX = "_cordapp_"
_ACCEPTED = 4096
_PLATFORM = "corda_sim"
# modules are the process's, whatever the number of loaders; equal ids are equal code
_imported: "dict[SecureHash, LoadedArchive]" = {}
_import_lock = threading.RLock()


@dataclass(frozen=True, slots=True)
class LoadedArchive:
    """An imported archive: its contracts by wire name, and what its modules registered."""

    id: SecureHash
    contracts: Mapping[str, type[Contract]]
    registry: Registry


class ContractLoader:
    """Imports trusted attachments once, and finds contracts by (wire name, attachment id).

    ``accepted`` are transactions that keep the ledger's rules: an id stands for all components and,
    by their hashes, for states, attachments and parameters that these refer to.
    """

    def __init__(self) -> None:
        self._registries: dict[tuple[SecureHash, ...], Registry] = {}
        self.accepted = Recent[SecureHash](_ACCEPTED)

    def load(self, attachment: ContractAttachment, tx_id: object = None) -> LoadedArchive:
        """The imported archive.

        Raises: UntrustedAttachmentsException for an attachment that the operator did not install,
        DecodeError for a malformed one, and whatever its modules raise when they run.
        """
        if not attachment.is_trusted:
            raise UntrustedAttachmentsException(tx_id, [attachment.id])
        with _import_lock:
            loaded = _imported.get(attachment.id)
            if loaded is None:
                loaded = _imported[attachment.id] = _import_archive(attachment)
        return loaded

    def contract(self, attachment: ContractAttachment, name: str) -> type[Contract] | None:
        """The contract ``name`` as this very attachment defines it."""
        return self.load(attachment).contracts.get(name)

    def registry_for(
        self, attachments: Sequence[ContractAttachment], tx_id: object = None
    ) -> Registry:
        """Platform types, then those of the attachments, earlier ones first.

        Raises: as ``load``.
        """
        key = tuple(attachment.id for attachment in attachments)
        found = self._registries.get(key)
        if found is None or not all(attachment.is_trusted for attachment in attachments):
            own = [self.load(attachment, tx_id).registry for attachment in attachments]
            label = "+".join(map(str, key))
            found = self._registries[key] = Registry(label, PLATFORM, *own)
        return found


class _ArchiveImporter(MetaPathFinder, Loader):
    """Finds and runs the modules of one archive."""

    def __init__(self, prefix: str, files: Mapping[str, bytes], registry: Registry) -> None:
        self.prefix = prefix
        self.files = files
        self.registry = registry
        self.packages = {
            "/".join(path.split("/")[:depth])
            for path in files
            for depth in range(path.count("/") + 1)
        }

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - importlib's protocol
        target: ModuleType | None = None,  # noqa: ARG002 - importlib's protocol
    ) -> ModuleSpec | None:
        if fullname != self.prefix and not fullname.startswith(self.prefix + "."):
            return None
        base = self._base(fullname)
        if base in self.packages:
            return spec_from_loader(fullname, self, is_package=True)
        return spec_from_loader(fullname, self) if f"{base}.py" in self.files else None

    def _base(self, fullname: str) -> str:
        return fullname[len(self.prefix) + 1 :].replace(".", "/")

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        base = self._base(module.__name__)
        path = f"{base}/__init__.py" if base in self.packages else f"{base}.py"
        source = self.files.get(path)
        if source is None:
            return
        code = compile(source, f"{self.prefix}:{path}", "exec", dont_inherit=True)
        scope: dict[str, Any] = module.__dict__
        scope["__builtins__"] = {**vars(builtins), "__import__": self.import_from_archive}
        with using_registry(self.registry):
            exec(code, scope)  # noqa: S102 - trusted by the operator, checked in load()

    def import_from_archive(
        self,
        name: str,
        globals_: Mapping[str, object] | None = None,
        locals_: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """``__import__`` for the archive's modules: absolute names of its files become private."""
        if level or not self.holds(name):
            return builtins.__import__(name, globals_, locals_, fromlist or (), level)
        private = f"{self.prefix}.{name}"
        module = importlib.import_module(private)
        if not fromlist:
            return sys.modules[f"{self.prefix}.{name.partition('.')[0]}"]
        for attribute in fromlist:
            if not hasattr(module, attribute) and self.holds(f"{name}.{attribute}"):
                importlib.import_module(f"{private}.{attribute}")
        return module

    def holds(self, name: str) -> bool:
        """Whether the archive itself has this module or package."""
        base = name.replace(".", "/")
        return name != _PLATFORM and (base in self.packages or f"{base}.py" in self.files)


def _import_archive(attachment: ContractAttachment) -> LoadedArchive:
    prefix = f"{_PREFIX}{attachment.id.hex()}"
    registry = Registry(f"attachment {attachment.id}")
    files = read_archive(attachment.content)
    importer = _ArchiveImporter(prefix, files, registry)
    sys.meta_path.insert(0, importer)
    try:
        modules = [importlib.import_module(f"{prefix}.{name}") for name in _module_names(files)]
    except BaseException:
        _forget(prefix, importer)
        raise
    return LoadedArchive(attachment.id, _contracts(modules), registry)


def _forget(prefix: str, importer: _ArchiveImporter) -> None:
    for name in [one for one in sys.modules if one == prefix or one.startswith(prefix + ".")]:
        del sys.modules[name]
    sys.meta_path.remove(importer)


def _module_names(files: Iterable[str]) -> list[str]:
    return sorted(
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in files
    )


def _contracts(modules: Iterable[ModuleType]) -> dict[str, type[Contract]]:
    found: dict[str, type[Contract]] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Contract):
                name = value.__dict__.get("contract_name")
                if isinstance(name, str) and value.__module__ == module.__name__:
                    found[name] = value
    return found
