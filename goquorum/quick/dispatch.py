"""JSON-RPC 2.0: a body in, a body out."""

import json
from collections.abc import Mapping
from typing import Any

from goquorum.endpoint.json_rpc import EndpointUnreachable, RpcError
from goquorum.quick.chain import QuickChain
from goquorum.quick.eth_calls import Call
from goquorum.quick.refusals import (
    INVALID_REQUEST,
    NO_METHOD,
    PARSE_ERROR,
    SERVER_ERROR,
    RequestRefused,
)
from goquorum.quick.views import hexed

Answer = dict[str, Any]


class Dispatcher:
    """Answers requests about one chain by a table of methods."""

    def __init__(self, chain: QuickChain, calls: Mapping[str, Call]) -> None:
        self._chain, self._calls = chain, calls

    def answer(self, body: bytes) -> bytes:
        """The response to one request or to a batch."""
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return _dump(_error(None, RequestRefused("parse error", PARSE_ERROR)))
        if isinstance(asked, list) and asked:
            return _dump([self._one(request) for request in asked])
        return _dump(self._one(asked))

    def _one(self, request: object) -> Answer:
        if not isinstance(request, dict) or not isinstance(request.get("method"), str):
            return _error(None, RequestRefused("invalid request", INVALID_REQUEST))
        number = request.get("id")
        try:
            result = self._result(request["method"], request.get("params") or ())
        except RequestRefused as error:
            return _error(number, error)
        except RpcError as error:
            return _error(number, RequestRefused(error.message, error.code), error.data)
        except EndpointUnreachable as error:
            return _error(number, RequestRefused(f"the EVM gave no answer: {error}", SERVER_ERROR))
        return {"jsonrpc": "2.0", "id": number, "result": result}

    def _result(self, method: str, params: Any) -> Any:  # noqa: ANN401 - JSON
        call = self._calls.get(method)
        if call is None:
            text = f"the method {method} does not exist/is not available"
            raise RequestRefused(text, NO_METHOD)
        if not isinstance(params, list | tuple):
            raise RequestRefused("non-array args", INVALID_REQUEST)
        return call(self._chain, params)


def _error(number: object, error: RequestRefused, data: bytes = b"") -> Answer:
    found: Answer = {"code": error.code, "message": str(error)}
    if data:
        found["data"] = hexed(data)
    return {"jsonrpc": "2.0", "id": number, "error": found}


def _dump(answer: object) -> bytes:
    return json.dumps(answer).encode()
