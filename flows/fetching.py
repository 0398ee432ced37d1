"""What the two sides of data vending say to each other (net.corda.core.internal.FetchDataFlow)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.serialization import serializable
from corda_sim.flow import FlowException


class DataType(StrEnum):
    """What a request asks for (FetchDataFlow.DataType)."""

    TRANSACTION = "TRANSACTION"
    BATCH_TRANSACTION = "BATCH_TRANSACTION"
    ATTACHMENT = "ATTACHMENT"
    PARAMETERS = "PARAMETERS"


class FetchRequest:
    """Base of the requests (FetchDataFlow.Request)."""

    __slots__ = ()


@serializable("corda.FetchDataFlow.Request.Data")
@dataclass(frozen=True, slots=True)
class FetchData(FetchRequest):
    """The data of these hashes, please; a batch may be answered by its first part."""

    hashes: tuple[SecureHash, ...]
    data_type: DataType


@serializable("corda.FetchDataFlow.Request.End")
@dataclass(frozen=True)
class FetchEnd(FetchRequest):
    """There is no more to ask."""


@serializable("corda.FetchDataFlow.Hashes")
@dataclass(frozen=True, slots=True)
class Hashes:
    """What an exception of fetching carries: the hash asked for and, perhaps, the one that came."""

    requested: SecureHash
    got: SecureHash | None = None


class FetchDataException(FlowException):
    """Base of what goes wrong in fetching; `requested` is the hash asked for."""

    wire_name: ClassVar[str] = "corda.FetchDataFlow.Exception"

    def __init__(self, message: str, hashes: Hashes) -> None:
        super().__init__(message, hashes)
        self.requested, self.got = hashes.requested, hashes.got

    @classmethod
    def restore(cls, message: str, payload: object) -> FlowException:
        """Rebuild from the wire; a payload of another type leaves a plain FlowException."""
        if not isinstance(payload, Hashes):
            return FlowException(message)
        restored = cls.__new__(cls)
        FetchDataException.__init__(restored, message, payload)
        return restored


class HashNotFound(FetchDataException):
    """The peer doesn't have what was asked for (FetchDataFlow.HashNotFound)."""

    wire_name = "corda.FetchDataFlow.HashNotFound"

    def __init__(self, requested: SecureHash) -> None:
        super().__init__(f"Hash not found: {requested}", Hashes(requested))


class IllegalTransactionRequest(FetchDataException):
    """A request for what the session's transactions don't depend on, or a second one for the same.

    Source: FetchDataFlow.IllegalTransactionRequest.
    """

    wire_name = "corda.FetchDataFlow.IllegalTransactionRequest"

    def __init__(self, requested: SecureHash) -> None:
        super().__init__(
            f"Illegal request for {requested}: what was sent in this session doesn't depend on it, "
            f"or it was given already",
            Hashes(requested),
        )


class DownloadedVsRequestedDataMismatch(FetchDataException):
    """The peer answered with something else (FetchDataFlow.DownloadedVsRequestedDataMismatch)."""

    wire_name = "corda.FetchDataFlow.DownloadedVsRequestedDataMismatch"

    def __init__(self, requested: SecureHash, got: SecureHash) -> None:
        super().__init__(f"Requested {requested}, but downloaded {got}", Hashes(requested, got))


class DownloadedVsRequestedSizeMismatch(FlowException):
    """The peer answered with more or fewer items than were asked for.

    Source: FetchDataFlow.DownloadedVsRequestedSizeMismatch.
    """

    wire_name = "corda.FetchDataFlow.DownloadedVsRequestedSizeMismatch"

    @classmethod
    def of(cls, requested: int, got: int) -> "DownloadedVsRequestedSizeMismatch":
        """Numbers of items."""
        return cls(f"Requested {requested} items, but downloaded {got}")
