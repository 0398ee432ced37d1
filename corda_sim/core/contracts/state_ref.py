"""References to outputs of transactions."""

import msgspec

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.serialization import PLATFORM, serializable

_MAX_INDEX = 2**31 - 1


@serializable("corda.StateRef", registry=PLATFORM)
class StateRef(msgspec.Struct, frozen=True, order=True):
    """Output ``index`` of transaction ``txhash`` (net.corda.core.contracts.StateRef).

    Raises: IllegalArgumentError when the index is no non-negative 32-bit integer.
    """

    txhash: SecureHash
    index: int

    def __post_init__(self) -> None:
        if not 0 <= self.index <= _MAX_INDEX:
            raise IllegalArgumentError(f"output index {self.index} is out of range")

    def __str__(self) -> str:
        return f"{self.txhash}({self.index})"

    @classmethod
    def parse(cls, text: str) -> "StateRef":
        """Read ``HASH(index)``, the form that ``str`` gives.

        Raises: IllegalArgumentError for anything else.
        """
        head, bracket, tail = text.strip().partition("(")
        if (
            not bracket
            or not tail.endswith(")")
            or not tail[:-1].isascii()
            or not tail[:-1].isdigit()
        ):
            raise IllegalArgumentError(f"{text!r} is not of the form HASH(index)")
        return cls(SecureHash.parse(head), int(tail[:-1]))
