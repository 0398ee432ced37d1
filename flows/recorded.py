"""Which transactions this node has recorded as verified, page by page."""

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.flow.cordapp import AppServiceHub
from flows.database import Rows, reader

PAGE_SIZE = 200
_PAGE = (
    "SELECT tx_id FROM node_transactions WHERE status = 'V' AND tx_id > :after "
    "ORDER BY tx_id LIMIT :size"
)


class RecordedTransactions:
    """Ids of verified transactions in the order of their text, as committed."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def page(self, after: SecureHash | None) -> tuple[SecureHash, ...]:
        """The next ids after one, or the first ones; none at the end."""
        text = "" if after is None else str(after)
        found = self._rows(_PAGE, after=text, size=PAGE_SIZE)
        return tuple(SecureHash.parse(row.tx_id) for row in found)


def create_recorded_transactions(hub: AppServiceHub) -> RecordedTransactions | None:
    """Every node but a notary has it: a notary's database holds no transactions."""
    return None if "notary" in hub.settings else RecordedTransactions(reader(hub.database_url))
