"""The handlers inside contract archives: versions beside one another, each with its own classes."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from corda_sim.core.contracts.archive import read_archive
from corda_sim.core.contracts.attachments import DEPLOYED_CORDAPP_UPLOADER, ContractAttachment
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.node.packaging import build_cordapp_archive

SOURCE = """
from typing import ClassVar
from corda_sim.core.contracts import Contract
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.router import deliver

class Bridge(Contract):
    contract_name: ClassVar[str] = "test.Bridge"
    def verify(self, tx):
        end = ConnectionEnd.decode_strict(tx)
        if end.delay_period != {delay}:
            raise ValueError(end.delay_period)
"""


def load(folder: Path, delay: int) -> ModuleType:
    (folder / "ibccontract" / "inner" / "__init__.py").write_text(SOURCE.format(delay=delay))
    content = build_cordapp_archive("ibccontract.inner")
    attachment = ContractAttachment(
        SecureHash.sha256(content), content, ("test.Bridge",), (), DEPLOYED_CORDAPP_UPLOADER
    )
    contract = ContractLoader().contract(attachment, "test.Bridge")
    assert contract is not None
    return sys.modules[contract.__module__]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "ibccontract" / "inner").mkdir(parents=True)
    (tmp_path / "ibccontract" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_two_versions_beside_one_another(folder: Path) -> None:
    first, second = load(folder, 1), load(folder, 2)
    assert first.Height is not second.Height
    assert Height not in (first.Height, second.Height)
    raw = ConnectionEnd("client", delay_period=2).encode()
    second.Bridge().verify(raw)
    with pytest.raises(ValueError, match="2"):
        first.Bridge().verify(raw)


def test_archive_carries_the_handlers_and_no_core(folder: Path) -> None:
    (folder / "ibccontract" / "inner" / "__init__.py").write_text(SOURCE.format(delay=0))
    files = read_archive(build_cordapp_archive("ibccontract.inner"))
    assert "corda_sim/ibc/router.py" in files
    assert "corda_sim/ibc/lightclients/lcp/client.py" in files
    assert not [path for path in files if path.startswith("corda_sim/core")]
    assert all(path.endswith(".py") for path in files)
