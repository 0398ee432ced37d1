"""What former releases left on their disks opens, and the flows that they were killed in finish."""

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from corda_sim.testing.driver import Driver
from tests.golden.record_release import (
    NOTARY,
    PAYEE,
    PAYER,
    PLACE,
    RELEASES,
    SETTLED,
    UNDER_WAY,
    names,
    payment,
)
from tests.integration.crashing import PATIENCE_SECONDS, view_of

pytestmark = pytest.mark.integration
FILES = sorted(RELEASES.glob("*.tar.xz"))


@pytest.fixture(params=FILES, ids=[file.name.removesuffix(".tar.xz") for file in FILES])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    file: Path = request.param
    shutil.rmtree(PLACE, ignore_errors=True)
    with tarfile.open(file) as archive:
        archive.extractall(PLACE, filter="data")
    with Driver(directory=PLACE) as made:
        yield made
    shutil.rmtree(PLACE)


def test_the_flows_of_a_former_release_finish(driver: Driver) -> None:
    kept = [*names(without=PAYEE), *names(without=NOTARY)]
    before = {flow.client_id for flow in view_of(driver, PAYER).flows.values() if flow.client_id}
    assert before.issuperset(kept)

    driver.start()
    asked = [driver.ask(PAYER, payment(driver), name) for name in kept]

    assert {future.result(PATIENCE_SECONDS) for future in asked} == {""}
    assert driver.await_quiet()
    assert driver.check() == []
    assert len(view_of(driver, PAYEE).vault) == SETTLED + 2 * UNDER_WAY + 1  # and its account
