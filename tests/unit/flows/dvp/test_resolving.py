"""What a new node resolves to accept a coin doesn't grow with the exchanges before it."""

from bench.resolving import run


def test_only_mintings_are_added() -> None:
    figures = run(dvps=120, exchanges=3)
    assert figures.first.transactions == figures.after_exchanges.transactions <= 25
    added = figures.after_dvps.transactions - figures.first.transactions
    assert added == 2, "its tickets are of the second minting, on each of the two channels"
