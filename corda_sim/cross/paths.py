"""Where the handlers keep their states."""

from corda_sim.cross.xcc.types import ChannelInfo


def initiated(tx_id: bytes) -> str:
    """The InitiateTxState of a transaction that was started here."""
    return f"cross/initiated/{tx_id.hex()}"


def auth(tx_id: bytes) -> str:
    """The TxAuthState of a transaction that was started here."""
    return f"cross/auth/{tx_id.hex()}"


def coordinator(tx_id: bytes) -> str:
    """The CoordinatorState of a transaction that was started here."""
    return f"cross/coordinators/{tx_id.hex()}"


def own_call(tx_id: bytes) -> str:
    """The ContractTransactionState of the coordinator's own call."""
    return f"cross/ownCalls/{tx_id.hex()}"


def remote_result(tx_id: bytes) -> str:
    """What the participant's call has returned."""
    return f"cross/results/{tx_id.hex()}"


def served_call(channel: ChannelInfo, tx_id: bytes) -> str:
    """The ContractTransactionState of a call that came by a channel.

    Go keeps one for each id, whatever the channel: there, a stranger's channel that calls first
    makes the true call fail.
    """
    return f"cross/servedCalls/{channel.port}/{channel.channel}/{tx_id.hex()}"


def locked_value(contract: str, key: bytes) -> str:
    """A value of a contract that keeps its values in the store."""
    return f"cross/contracts/{contract}/values/{key.hex()}"


def lock(contract: str, key: bytes) -> str:
    """The transaction that holds a value."""
    return f"cross/contracts/{contract}/locks/{key.hex()}"


def lock_ops(contract: str, tx_id: bytes, tx_index: int) -> str:
    """What a prepared call will write."""
    return f"cross/contracts/{contract}/prepared/{tx_id.hex()}/{tx_index}"
