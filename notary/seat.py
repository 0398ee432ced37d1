"""What a new network gives to each of its notary workers."""

from pathlib import Path
from typing import Protocol

from corda_sim.core.crypto.keys import KeyPair
from notary.anchor import ANCHOR_FILE_NAME, AnchorFile
from notary.batch_signing import KeyPairSigner
from notary.worker import write_empty_head


class Seat(Protocol):
    """A worker just made: its name, the service's key, and the folder where that key lies."""

    @property
    def certificates(self) -> Path:
        """Where the key lies, and the head beside it."""

    @property
    def worker(self) -> str:
        """The worker's X.500 name."""

    @property
    def service(self) -> KeyPair:
        """The key that signs for the notary."""


def set_up_notary(seat: Seat) -> None:
    """Write a worker's first, empty, signed head. Raises OSError."""
    anchor = AnchorFile(seat.certificates / ANCHOR_FILE_NAME)
    write_empty_head(anchor, seat.worker, KeyPairSigner(seat.service))
