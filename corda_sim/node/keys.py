"""The keys that this node signs with (net.corda.node.services.keys.BasicHSMKeyManagementService).

Private keys of fresh keys are never stored: the database holds where each stands under the sealed
root, and memory holds the key once it was used.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from corda_sim.core.crypto.crypto import decode_public_key, key_pair_of, sign
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.crypto.signatures import (
    PLATFORM_VERSION,
    TransactionSignature,
    sign_transaction_id,
)
from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.core.identity import Party
from corda_sim.core.write_batch import Row, WriteBatch
from corda_sim.node.fresh_keys import DerivationPath, FreshKeyRoot
from corda_sim.node.identity_service import IdentityService

DERIVED_MARK: Final = b"derived"
"""What stands in the column `private_key` of a key that the root gives back."""


class UnknownKeyException(CordaError):
    """We were asked to sign with a key that isn't ours."""

    def __init__(self, key: PublicKey) -> None:
        super().__init__(f"The key {key.to_string_short()} is not one of this node's")
        self.key = key


class KeyDerivationException(CordaError):
    """The sealed root doesn't give a key that the database names: another node's root or rows."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """One of our keys that the database didn't know."""

    key: PublicKey
    path: DerivationPath


class KeyManagementService:
    """Makes fresh keys, and signs. Rows are staged; whoever commits the step writes them.

    A key is ours in memory as soon as it's made. When its step is rolled back nothing remembers
    it but memory, and no peer has seen it, because nothing leaves before the commit.
    """

    def __init__(
        self,
        identity: Party,
        identity_keys: Iterable[KeyPair],
        root: FreshKeyRoot,
        identities: IdentityService,
    ) -> None:
        self._identity = identity
        self._identities = identities
        self._root = root
        self._pairs: dict[PublicKey, KeyPair] = {pair.public: pair for pair in identity_keys}
        self._paths: dict[PublicKey, DerivationPath] = {}
        self._next: defaultdict[UUID | None, int] = defaultdict(int)

    def load(self, rows: Iterable[Row]) -> None:
        """Take in the rows of `node_our_key_pairs` at start.

        Raises `DecodeError` for a row that holds no key, `KeyDerivationException` when the last
        key of an account isn't what the root derives.
        """
        last: dict[UUID | None, PublicKey] = {}
        for row in rows:
            key, path = _read_row(row)
            self._paths[key] = path
            if path.counter >= self._next[path.account]:
                self._next[path.account] = path.counter + 1
                last[path.account] = key
        for key in last.values():
            self.key_pair(key)

    def fresh_key(self, batch: WriteBatch, account_id: UUID | None = None) -> PublicKey:
        """A new key of the node or of one of its accounts (`freshKey(externalId)`)."""
        path = DerivationPath(account_id, self._next[account_id])
        key = self._adopt(path, key_pair_of(self._root.derive(path)))
        self._stage(batch, key, path)
        return key

    def derive_ahead(
        self,
        candidates: Collection[PublicKey],
        accounts: Iterable[UUID],
        window: int,
        batch: WriteBatch,
    ) -> list[FoundKey]:
        """Which unknown keys of transactions that peers gave back are ours, after a restore.

        Looks `window` keys past the last known one of the node and of each account, and `window`
        past each that it finds. Keys in between are taken as used and staged as well.
        """
        found: list[FoundKey] = []
        wanted = {key for key in candidates if key not in self}
        for account in (None, *dict.fromkeys(accounts)):
            found += self._search(wanted, account, window, batch)
        return found

    def is_our_key(self, key: PublicKey) -> bool:
        """Whether we can sign with it; for a composite key, with any of its leaves."""
        return any(leaf in self for leaf in key.keys)

    def filter_my_keys(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Those of `keys` that are ours, in order (`filterMyKeys`)."""
        return [key for key in keys if key in self]

    def external_id(self, key: PublicKey) -> UUID | None:
        """The account that one of our fresh keys was made for."""
        path = self._paths.get(key)
        return None if path is None else path.account

    def key_pair(self, key: PublicKey) -> KeyPair:
        """The pair of one of our keys. Raises `UnknownKeyException`, `KeyDerivationException`."""
        pair = self._pairs.get(key)
        if pair is not None:
            return pair
        path = self._paths.get(key)
        if path is None:
            raise UnknownKeyException(key)
        pair = key_pair_of(self._root.derive(path))
        if pair.public != key:
            raise KeyDerivationException(
                f"The sealed root doesn't derive {key.to_string_short()}: the key store and the "
                "database belong to different nodes"
            )
        self._pairs[key] = pair
        return pair

    def sign(self, data: bytes, key: PublicKey) -> bytes:
        """Sign bytes. Raises `UnknownKeyException`."""
        return sign(self.key_pair(key).private, data)

    def sign_transaction_id(self, tx_id: SecureHash, key: PublicKey) -> TransactionSignature:
        """Sign a transaction's id with metadata. Raises `UnknownKeyException`."""
        return sign_transaction_id(self.key_pair(key), tx_id, PLATFORM_VERSION)

    def __contains__(self, key: PublicKey) -> bool:
        return key in self._pairs or key in self._paths

    def _search(
        self, wanted: Collection[PublicKey], account: UUID | None, window: int, batch: WriteBatch
    ) -> list[FoundKey]:
        found: list[FoundKey] = []
        passed: list[tuple[DerivationPath, KeyPair]] = []
        while len(passed) < window:
            path = DerivationPath(account, self._next[account] + len(passed))
            passed.append((path, key_pair_of(self._root.derive(path))))
            if passed[-1][1].public in wanted:
                found.append(FoundKey(passed[-1][1].public, path))
                for used, pair in passed:
                    self._stage(batch, self._adopt(used, pair), used)
                passed = []
        return found

    def _adopt(self, path: DerivationPath, pair: KeyPair) -> PublicKey:
        self._pairs[pair.public] = pair
        self._paths[pair.public] = path
        self._next[path.account] = path.counter + 1
        return pair.public

    def _stage(self, batch: WriteBatch, key: PublicKey, path: DerivationPath) -> None:
        row: Row = {
            "public_key_hash": key.to_string_short(),
            "public_key": key.encoded,
            "private_key": DERIVED_MARK,
            "scheme_code_name": key.scheme.name,
            "derivation_account": str(path.account) if path.account else None,
            "derivation_counter": path.counter,
        }
        batch.insert_ignore("node_our_key_pairs", row)
        self._identities.register_key(batch, key, self._identity, path.account)


def _read_row(row: Row) -> tuple[PublicKey, DerivationPath]:
    encoded, account = row["public_key"], row["derivation_account"]
    counter = row["derivation_counter"]
    if not isinstance(encoded, bytes) or not isinstance(counter, int):
        raise DecodeError("a row of node_our_key_pairs holds no derived key")
    path = DerivationPath(UUID(str(account)) if account else None, counter)
    return decode_public_key(encoded), path
