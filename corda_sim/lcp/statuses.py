"""Typed errors and gRPC's statuses, both ways; the class travels as ``error-type``."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NoReturn, TypeVar, cast

import grpc

from corda_sim.core.errors import CordaError
from corda_sim.lcp.errors import LcpRefusedException, LcpUnreachableException

LOGGER = logging.getLogger(__name__)
Context = grpc.ServicerContext
R = TypeVar("R")
_ERROR_TYPE = "error-type"
_CODES: Final = {
    "ClientAlreadyExistsException": grpc.StatusCode.ALREADY_EXISTS,
    "EnclaveFailedException": grpc.StatusCode.INTERNAL,
    "EnclaveNotMeasuredException": grpc.StatusCode.UNAVAILABLE,
    "EnclaveUnavailableException": grpc.StatusCode.UNAVAILABLE,
    "ErrClientFrozen": grpc.StatusCode.FAILED_PRECONDITION,
    "ErrClientNotActive": grpc.StatusCode.FAILED_PRECONDITION,
    "ErrClientNotFound": grpc.StatusCode.NOT_FOUND,
    "ErrConsensusStateNotFound": grpc.StatusCode.NOT_FOUND,
    "LcpUnreachableException": grpc.StatusCode.UNAVAILABLE,
    "SealedStateException": grpc.StatusCode.DATA_LOSS,
    "UnknownEnclaveKeyException": grpc.StatusCode.NOT_FOUND,
    "UnknownPlatformException": grpc.StatusCode.PERMISSION_DENIED,
}


def type_name_of(error: CordaError) -> str:
    """The error's class, where it was raised."""
    return error.type_name if isinstance(error, LcpRefusedException) else type(error).__name__


def answering(method: Callable[[Any, Any, Context], R]) -> Callable[[Any, Any, Context], R]:
    """A servicer's method whose errors become statuses."""

    @wraps(method)
    def answer(self: Any, request: Any, context: Context) -> R:  # noqa: ANN401 - any servicer's
        try:
            return method(self, request, context)
        except CordaError as error:
            _abort(context, type_name_of(error), str(error))
        except Exception:
            LOGGER.exception("a call failed")
            _abort(context, "EnclaveFailedException", "The proxy failed inside; its log tells how")

    return answer


def _abort(context: Context, type_name: str, text: str) -> NoReturn:
    context.set_trailing_metadata(((_ERROR_TYPE, type_name),))
    context.abort(_CODES.get(type_name, grpc.StatusCode.INVALID_ARGUMENT), text)


def error_of(address: str, error: grpc.RpcError) -> CordaError:
    """The typed error of a call that failed."""
    call = cast("grpc.Call", error)  # what a stub raises is both
    trailing = {str(key): str(value) for key, value in call.trailing_metadata() or ()}
    details = str(call.details())
    if _ERROR_TYPE not in trailing:
        return LcpUnreachableException(f"{address}: {details}")
    return LcpRefusedException(trailing[_ERROR_TYPE], details)
