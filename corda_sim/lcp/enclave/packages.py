"""What the enclave may load: the quoting service measures all of it, and nothing else is let in."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
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
_BUILD_VALUES = "_sysconfigdata_"
"""The standard library's module whose name tells the platform, so that no list has it."""
_PARENTS = ("corda_sim", "corda_sim.lcp", "__main__")


class ClosedWorld:
    """An import hook that lets nothing in but what is measured."""

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - importlib's signature
        target: ModuleType | None = None,  # noqa: ARG002 - as above
    ) -> ModuleSpec | None:
        """None leaves it to the next hook. Raises: ModuleNotFoundError."""
        if not is_measured(name):
            raise ModuleNotFoundError(f"{name} is no part of the enclave", name=name)
        return None


def is_measured(name: str) -> bool:
    """Whether a module is part of the enclave."""
    top = name.partition(".")[0]
    if top == "corda_sim":
        return name in _PARENTS or any(f"{name}.".startswith(f"{part}.") for part in OWN)
    return top in OTHERS or top in sys.stdlib_module_names or top.startswith(_BUILD_VALUES)
