"""Commands by which a transaction says who signed for Cross, and what its contracts answer."""

from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from corda_sim.core.contracts import CommandData
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serializable
from states.cross.accounts import CrossAccount


class ContractAction(Enum):
    """What Cross asks of a contract; REFUSE answers a PREPARE with no."""

    PREPARE = "prepare"
    REFUSE = "refuse"
    CALL = "call"
    COMMIT = "commit"
    ABORT = "abort"


@serializable("corda_sim.cross.ContractCall")
@dataclass(frozen=True, slots=True)
class ContractCall(CommandData):
    """A contract's answer to a call of a cross-chain transaction, which the contract verifies.

    ``contract`` is its wire name. ``tx_id`` has 32 bytes, ``tx_index`` is 0 for the coordinator's
    own call; ``call_info`` is the call's. ``result`` is what the call returns, for REFUSE the
    reason.
    """

    contract: str
    action: ContractAction
    tx_id: bytes
    tx_index: int
    call_info: bytes
    result: bytes = b""


@serializable("corda_sim.cross.AccountSigns")
@dataclass(frozen=True, slots=True)
class AccountSigns(CommandData):
    """An account of `host` signs with `key`: host and key are the command's signers.

    By signing, the host's legal identity states that the key is the account's. That the party is
    the one of that name is for nodes to check: contracts see no certificates.
    """

    host: Party
    account: UUID
    key: PublicKey

    @property
    def id(self) -> bytes:
        """The account as Cross names it."""
        return CrossAccount(self.host.name, self.account).id

    @property
    def signers(self) -> tuple[PublicKey, PublicKey]:
        """Who signs the command."""
        return (self.host.owning_key, self.key)
