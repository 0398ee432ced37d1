"""What calling a node can end in.

CordaError
├── RpcException                  the node answered with an error; `type_name` is its class there
├── PermissionException           the user may not do that
├── RpcAuthenticationException    no such user, or another password
└── NodeUnreachableException      nobody answers at that address
"""

from corda_sim.core.errors import CordaError


class RpcException(CordaError):
    """An error of the node's, by its class name and text."""

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(message)
        self.type_name = type_name


class PermissionException(CordaError):
    """The user has no permission for the call."""


class RpcAuthenticationException(CordaError):
    """Unknown user or wrong password."""


class NodeUnreachableException(CordaError):
    """The node can't be reached."""
