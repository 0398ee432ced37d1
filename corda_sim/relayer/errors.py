"""What the relayer refuses or fails with.

RelayerException
├── BroadcastFailedException      an endpoint didn't take a transaction
├── TransactionLostException      an endpoint forgot a transaction that it had taken
├── NothingToProveException       a chain doesn't hold what is to be proven
├── ProofTooOldException          no header leads from what a client holds to what is to be proven
├── StateMismatchException        an enclave's client isn't one of the chain that it is fed from
├── EnclaveLostException          an enclave that doesn't know what the other chain's client holds
├── EnclaveKeyException           no enclave key that the other chain takes
├── HandshakeException            a step of the handshake was refused
└── UnknownPacketException        no such packet
"""

from corda_sim.core.errors import CordaError


class RelayerException(CordaError):
    """Root of the relayer's own errors."""


class BroadcastFailedException(RelayerException):
    """A transaction wasn't taken; those before it may still come."""


class TransactionLostException(RelayerException):
    """A transaction was taken and is known no more."""


class NothingToProveException(RelayerException):
    """The chain doesn't hold what a proof is wanted of."""


class ProofTooOldException(RelayerException):
    """What is to be proven can't be reached from the height that the other side knows."""


class StateMismatchException(RelayerException):
    """A state that isn't what the chain itself says: the client follows another one."""


class EnclaveLostException(RelayerException):
    """An enclave can't lead the other chain's client on: it is another one, or lost its state."""


class EnclaveKeyException(RelayerException):
    """The proxy has no key that can be registered."""


class HandshakeException(RelayerException):
    """A chain refused a step of the handshake; the text has its reason."""


class UnknownPacketException(RelayerException):
    """No packet was sent with that port, channel and number."""
