"""Fixtures and settings for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.shares import Part, Shares

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    print_blob=True,
    # A loaded machine generates slowly; that says nothing about the code under test.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

REPOSITORY = Path(__file__).resolve().parent.parent
PARTIES = ("A", "B", "NOTARY", "VALIDATOR", "OUTSIDER")


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "every N-th test, from the I-th on"
    parser.addoption("--part", default="1/1", metavar="I/N", help=text)
    text = "leave out the tests that are in FILE, and add those that pass"
    parser.addoption("--passed", default="", metavar="FILE", help=text)


def pytest_configure(config: pytest.Config) -> None:
    part, passed = Part.parse(config.getoption("part")), config.getoption("passed")
    # Of xdist's processes the controller alone takes notes.
    notes = not hasattr(config, "workerinput")
    config.pluginmanager.register(Shares(part, Path(passed) if passed else None, notes=notes))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of recorded vectors; skips where they are not at hand."""
    default = REPOSITORY.parent / "shared" / "vectors"
    folder = Path(os.environ.get("CORDA_SIM_VECTORS", default))
    if not folder.is_dir():
        pytest.skip(f"no vectors at {folder} (CORDA_SIM_VECTORS names their folder)")
    return folder


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """URL of a PostgreSQL role that may make databases and roles; skips without a server."""
    url = os.environ.get("CORDA_SIM_TEST_POSTGRES")
    if not url:
        pytest.skip("no PostgreSQL: CORDA_SIM_TEST_POSTGRES is not set (tests/run starts one)")
    return url


@pytest.fixture(scope="session")
def rabbitmq_urls() -> dict[str, str]:
    """Broker URLs by role: A, B, NOTARY, VALIDATOR, OUTSIDER; skips without the brokers."""
    names = {party: f"CORDA_SIM_TEST_RABBITMQ_{party}" for party in PARTIES}
    urls = {party: os.environ.get(name, "") for party, name in names.items()}
    absent = [names[party] for party, url in urls.items() if not url]
    if absent:
        pytest.skip(f"no RabbitMQ: {', '.join(absent)} not set (tests/run starts two nodes)")
    return urls
