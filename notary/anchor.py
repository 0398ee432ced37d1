"""The head file beside the notary's key."""

from pathlib import Path

from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import DecodeError, SignatureException
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow.notary.heads import NotaryAnchor
from corda_sim.local.files import write_private

ANCHOR_FILE_NAME = "notary-head"


class AnchorFile:
    """Reads and durably replaces `notary-head`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, notary_key: PublicKey) -> NotaryAnchor | None:
        """The anchor; None when the file is missing, damaged, or not signed by `notary_key`."""
        try:
            anchor = deserialize(self.path.read_bytes(), NotaryAnchor)
            for signed in (anchor.head, *anchor.waived):
                signed.verify(notary_key)
        except (OSError, DecodeError, SignatureException):
            return None
        return anchor

    def write(self, anchor: NotaryAnchor) -> None:
        """Replace the file; on return the new content survives a power cut.

        Raises:
            OSError: the disk refused; the former content is still there.
        """
        write_private(self.path, serialize(anchor))
