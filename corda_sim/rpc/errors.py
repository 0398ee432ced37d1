"""What calling a node can end in.

CordaError
├── RpcException                  the node answered with an error; `type_name` is its class there
├── PermissionException           the user may not do that
├── RpcAuthenticationException    no such user, or another password
├── NodeUnreachableException      nobody answers at that address
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


class PermissionException(CordaError):
    """The user has no permission for the call."""


class RpcAuthenticationException(CordaError):
    """Unknown user or wrong password."""


class NodeUnreachableException(CordaError):
    """The node can't be reached."""


class SlowConsumerException(CordaError):
    """Updates were lost because they weren't read in time; a new call starts from a snapshot."""


class InternalNodeException(CordaError):
    """An error that isn't the caller's business (net.corda.nodeapi.exceptions)."""
