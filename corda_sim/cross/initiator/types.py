"""Messages of cross.core.initiator."""

import dataclasses
from enum import IntEnum
from typing import Annotated, ClassVar

from corda_sim.core.crypto.hashes import sha256
from corda_sim.cross.auth.types import Account
from corda_sim.cross.tx.types import CommitProtocol, ReturnValue
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class Link(Message):
    """A wish to know what another call of the transaction returns."""

    src_index: Annotated[int, Field(1, bits=32)] = 0


@dataclasses.dataclass(frozen=True, slots=True)
class ContractTransaction(Message):
    """One call of a transaction, the chain named as the coordinator names it."""

    cross_chain_channel: Annotated[AnyMessage | None, Field(1)]
    signers: Annotated[tuple[Account, ...], Field(2)]
    call_info: Annotated[bytes, Field(3)]
    return_value: Annotated[ReturnValue | None, Field(4)] = None
    links: Annotated[tuple[Link, ...], Field(5)] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class MsgInitiateTx(Message):
    """Start a transaction; time-out as in ``Tx``, the nonce makes equal ones differ."""

    TYPE_URL: ClassVar[str] = "/cross.core.initiator.MsgInitiateTx"
    chain_id: Annotated[str, Field(1)]
    nonce: Annotated[int, Field(2)]
    commit_protocol: Annotated[CommitProtocol, Field(3)]
    contract_transactions: Annotated[tuple[ContractTransaction, ...], Field(4)]
    signers: Annotated[tuple[Account, ...], Field(5)]
    timeout_height: Annotated[Height, Field(6)] = ZERO_HEIGHT
    timeout_timestamp: Annotated[int, Field(7)] = 0

    @property
    def tx_id(self) -> bytes:
        """The transaction's id (MakeTxID): SHA-256 of the message."""
        return sha256(self.encode())

    @property
    def required_accounts(self) -> tuple[Account, ...]:
        """Who must sign: the calls' signers one after the other (GetRequiredAccounts)."""
        return tuple(signer for call in self.contract_transactions for signer in call.signers)


class InitiateTxStatus(IntEnum):
    """Whether everybody has signed."""

    UNKNOWN = 0
    PENDING = 1
    VERIFIED = 2


@dataclasses.dataclass(frozen=True, slots=True)
class MsgInitiateTxResponse(Message):
    """The new transaction."""

    tx_id: Annotated[bytes, Field(1)]
    status: Annotated[InitiateTxStatus, Field(2)]


@dataclasses.dataclass(frozen=True, slots=True)
class InitiateTxState(Message):
    """A transaction that was started here."""

    status: Annotated[InitiateTxStatus, Field(1)]
    msg: Annotated[MsgInitiateTx, Field(2)]
