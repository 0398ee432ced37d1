"""Who may do what: `StartFlow.<class>`, `InvokeRpc.<method>`, `ALL` (RPCSecurityManager)."""

import hmac
from collections.abc import Iterable

from corda_sim.node.config import RpcUser
from corda_sim.rpc.errors import PermissionException, RpcAuthenticationException

ALL = "ALL"


class SecurityManager:
    """The users of node.toml."""

    def __init__(self, users: Iterable[RpcUser]) -> None:
        self._users = {user.username: user for user in users}

    def authenticate(self, username: str, password: str) -> RpcUser:
        """The user; RpcAuthenticationException says no more than that it failed."""
        user = self._users.get(username)
        expected = "" if user is None else user.password
        if not hmac.compare_digest(expected.encode(), password.encode()) or user is None:
            raise RpcAuthenticationException("Unknown user or wrong password")
        return user

    @staticmethod
    def require(user: RpcUser, *permissions: str) -> None:
        """PermissionException unless the user has one of the permissions, or all."""
        if ALL in user.permissions or any(one in user.permissions for one in permissions):
            return
        raise PermissionException(
            f"User {user.username} isn't permitted; needs one of: {', '.join(permissions)}"
        )
