"""RPC users and what they may do."""

import pytest

from corda_sim.node.config import RpcUser
from corda_sim.rpc.errors import PermissionException, RpcAuthenticationException
from corda_sim.rpc.permissions import SecurityManager

USERS = [
    RpcUser(username="admin", password="secret", permissions=("ALL",)),
    RpcUser(username="payer", password="pw", permissions=("StartFlow.CashPaymentFlow",)),
]


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", ""), ("", "")])
def test_a_wrong_password_is_refused(name: str, password: str) -> None:
    with pytest.raises(RpcAuthenticationException):
        SecurityManager(USERS).authenticate(name, password)


def test_all_permits_everything() -> None:
    security = SecurityManager(USERS)
    security.require(security.authenticate("admin", "secret"), "InvokeRpc.killFlow")


def test_a_permission_names_one_flow_or_method() -> None:
    security = SecurityManager(USERS)
    payer = security.authenticate("payer", "pw")
    security.require(payer, "StartFlow.CashPaymentFlow", "StartFlow.x")
    with pytest.raises(PermissionException, match="killFlow"):
        security.require(payer, "InvokeRpc.killFlow")
