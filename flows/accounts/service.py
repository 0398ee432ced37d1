"""The accounts of a node: its tables `accounts` and `pk_hash_to_ext_id_map`, read by SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from corda_sim.accounts.account_service import Account, AccountService
from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.services import NodeServices
from flows.database import Rows, reader

_COLUMNS = "SELECT identifier, name, host, transaction_id, output_index FROM accounts"
_ALL = f"{_COLUMNS} ORDER BY host, name"
_OF_HOST = f"{_COLUMNS} WHERE host = :host ORDER BY name"
_BY_ID = f"{_COLUMNS} WHERE identifier = :identifier"
_BY_NAME = f"{_COLUMNS} WHERE name = :name ORDER BY host"
_OF_KEY = "SELECT external_id FROM pk_hash_to_ext_id_map WHERE public_key_hash = :hash"
_KEYS = (
    "SELECT k.public_key FROM pk_hash_to_ext_id_map m "
    "JOIN node_hash_to_key k ON k.pk_hash = m.public_key_hash "
    "WHERE m.external_id = :identifier ORDER BY k.pk_hash"
)
_OBSERVED = (
    "SELECT transaction_id, output_index FROM account_to_state_refs "
    "WHERE external_id = :identifier ORDER BY transaction_id, output_index"
)


class KeyManagementBackedAccountService(AccountService):
    """Accounts and keys as committed; named after the Accounts SDK's service."""

    def __init__(self, rows: Rows, services: NodeServices) -> None:
        self._rows = rows
        self._services = services

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account known here, by host and name."""
        return self._accounts(self._rows(_ALL))

    def accounts_for_host(self, host: Party) -> tuple[Account, ...]:
        """The accounts of one host, by name."""
        return self._accounts(self._rows(_OF_HOST, host=str(host.name)))

    def account(self, identifier: UUID) -> Account | None:
        """The account of that identifier."""
        found = self._accounts(self._rows(_BY_ID, identifier=str(identifier)))
        return found[0] if found else None

    def accounts_by_name(self, name: str) -> tuple[Account, ...]:
        """The accounts of that name, at most one for each host."""
        return self._accounts(self._rows(_BY_NAME, name=name))

    def account_id_for_key(self, key: PublicKey) -> UUID | None:
        """Whose account a key belongs to."""
        found = self._rows(_OF_KEY, hash=key.to_string_short())
        return UUID(found[0].external_id) if found else None

    def account_keys(self, identifier: UUID) -> tuple[PublicKey, ...]:
        """The keys of an account, as far as they are known here."""
        found = self._rows(_KEYS, identifier=str(identifier))
        return tuple(decode_public_key(bytes(row.public_key)) for row in found)

    def observed_states(self, identifier: UUID) -> tuple[StateRef, ...]:
        """States that were shared with an account, in order."""
        found = self._rows(_OBSERVED, identifier=str(identifier))
        refs = (StateRef(SecureHash.parse(row.transaction_id), row.output_index) for row in found)
        return tuple(refs)

    def _accounts(self, rows: list[Row[Any]]) -> tuple[Account, ...]:
        """The accounts whose hosts this node knows."""
        found = []
        for row in rows:
            host = self._services.well_known_party(CordaX500Name.parse(row.host))
            if host is not None:
                ref = StateRef(SecureHash.parse(row.transaction_id), row.output_index)
                found.append(Account(UUID(row.identifier), row.name, host, ref))
        return tuple(found)


def create_account_service(hub: AppServiceHub) -> KeyManagementBackedAccountService:
    """Every node has it."""
    return KeyManagementBackedAccountService(reader(hub.database_url), hub.services)
