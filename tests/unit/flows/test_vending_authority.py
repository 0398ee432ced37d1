import pytest

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import deserialize, serialize
from corda_sim.flow import FlowException
from flows.data_vending import VendingAuthority
from flows.fetching import (
    DataType,
    DownloadedVsRequestedDataMismatch,
    FetchData,
    FetchEnd,
    HashNotFound,
    IllegalTransactionRequest,
)

A, B = SecureHash.sha256(b"a"), SecureHash.sha256(b"b")


def test_gives_what_was_granted_once() -> None:
    authority = VendingAuthority()
    authority.grant_transaction(A)
    authority.check(DataType.BATCH_TRANSACTION, A)
    authority.give(DataType.BATCH_TRANSACTION, A)
    for data_type in (DataType.BATCH_TRANSACTION, DataType.TRANSACTION):
        with pytest.raises(IllegalTransactionRequest):
            authority.check(data_type, A)


def test_a_second_grant_does_not_give_it_again() -> None:
    authority = VendingAuthority()
    authority.grant_transaction(A)
    authority.give(DataType.TRANSACTION, A)
    authority.grant_transaction(A)
    with pytest.raises(IllegalTransactionRequest):
        authority.check(DataType.TRANSACTION, A)


@pytest.mark.parametrize("data_type", DataType)
def test_nothing_is_given_unasked(data_type: DataType) -> None:
    with pytest.raises(IllegalTransactionRequest) as raised:
        VendingAuthority().check(data_type, B)
    assert raised.value.requested == B


def test_a_transaction_may_not_be_asked_for_as_an_attachment() -> None:
    authority = VendingAuthority()
    authority.grant_transaction(A)
    with pytest.raises(IllegalTransactionRequest):
        authority.check(DataType.ATTACHMENT, A)


@pytest.mark.parametrize("request_", [FetchEnd(), FetchData((A, B), DataType.BATCH_TRANSACTION)])
def test_requests_round_trip(request_: object) -> None:
    assert deserialize(serialize(request_), type(request_)) == request_


@pytest.mark.parametrize(
    "error",
    [HashNotFound(A), IllegalTransactionRequest(A), DownloadedVsRequestedDataMismatch(A, B)],
)
def test_exceptions_travel(error: FlowException) -> None:
    restored = FlowException.from_wire(error.to_wire())
    assert type(restored) is type(error)
    assert vars(restored) == vars(error)
