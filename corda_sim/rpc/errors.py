"""What calling a node can end in.

CordaError
├── RpcException                  the node answered with an error; `type_name` is its class there
│   └── FlowFailedException       the flow ran and ended in that error
├── PermissionException           the user may not do that
├── RpcAuthenticationException    no such user, or another password
├── NodeUnreachableException      nobody answers at that address
├── UnknownStateTypeException    no installed state type has that name, or several have
├── RpcBindException              the node can't listen at its RPC address
├── SlowConsumerException         the caller didn't keep up with a stream of updates
└── InternalNodeException         the node failed inside; only its log tells how
"""

from corda_sim.core.errors import CordaError


class RpcException(CordaError):
    """An error of the node's, by its class name and text.

    `eta_seconds` is when to ask again, where the node was busy.
    """

    def __init__(self, type_name: str, message: str, eta_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.type_name, self.eta_seconds = type_name, eta_seconds


class FlowFailedException(RpcException):
    """A flow's own error, by its class name and text."""


class PermissionException(CordaError):
    """The user has no permission for the call."""


class RpcAuthenticationException(CordaError):
    """Unknown user or wrong password."""


class NodeUnreachableException(CordaError):
    """The node can't be reached."""


class UnknownStateTypeException(CordaError):
    """The name of a state type is unknown or ambiguous; the text suggests the nearest."""


class RpcBindException(CordaError):
    """The RPC address can't be listened at: another process has it, or it isn't this machine's."""


class SlowConsumerException(CordaError):
    """Updates were lost because they weren't read in time; a new call starts from a snapshot."""


class InternalNodeException(CordaError):
    """An error that isn't the caller's business (net.corda.nodeapi.exceptions)."""
