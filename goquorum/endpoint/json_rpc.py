"""JSON-RPC 2.0 over HTTP, one kept connection a thread."""

import http.client
import json
import ssl
import threading
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from goquorum.errors import GoQuorumError

TIMEOUT_SECONDS: Final = 30.0
_RETRIES: Final = 1


class EndpointUnreachable(GoQuorumError):
    """No answer: connection refused, reset or too slow."""


class RpcError(GoQuorumError):
    """The endpoint refused a request; `data` holds a revert's bytes where there are any."""

    def __init__(self, method: str, code: int, message: str, data: object) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.method, self.code, self.message = method, code, message
        self.data = bytes.fromhex(data[2:]) if isinstance(data, str) and data[:2] == "0x" else b""


class JsonRpc:
    """A client of one endpoint; safe to share between threads."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise GoQuorumError(f"{url!r} is no http or https URL")
        self.url = url
        self._parts, self._timeout = parts, timeout
        self._local = threading.local()

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - JSON
        """The result of one request. Raises EndpointUnreachable, RpcError."""
        return self._result(method, self._post(_request(0, method, params)))

    def batch(self, requests: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """The results of several requests in one, in their order; the first error is raised."""
        if not requests:
            return []
        bodies = [_request(i, method, params) for i, (method, params) in enumerate(requests)]
        answers = self._post(bodies)
        if not isinstance(answers, list) or len(answers) != len(requests):
            raise GoQuorumError(
                f"{self.url} answered a batch of {len(requests)} with something else"
            )
        by_id = {answer.get("id"): answer for answer in answers}
        return [self._result(method, by_id[i]) for i, (method, _) in enumerate(requests)]

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    @staticmethod
    def _result(method: str, answer: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        error = answer.get("error")
        if error is not None:
            data = error.get("data")
            raise RpcError(method, error.get("code", 0), error.get("message", ""), data)
        return answer.get("result")

    def _post(self, body: object) -> Any:  # noqa: ANN401 - JSON
        text = json.dumps(body).encode()
        for attempt in range(_RETRIES + 1):
            try:
                return json.loads(self._exchange(text))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.close()
                # A kept connection may have been closed while idle: the first failure says little.
                if attempt == _RETRIES:
                    raise EndpointUnreachable(f"{self.url}: {error}") from error
        raise AssertionError("the loop returns or raises")

    def _exchange(self, text: bytes) -> bytes:
        connection = self._connection()
        path = self._parts.path or "/"
        connection.request("POST", path, text, {"Content-Type": "application/json"})
        return connection.getresponse().read()

    def _connection(self) -> http.client.HTTPConnection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            host, port = self._parts.hostname or "", self._parts.port
            if self._parts.scheme == "https":
                context = ssl.create_default_context()
                connection = http.client.HTTPSConnection(
                    host, port, timeout=self._timeout, context=context
                )
            else:
                connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
            self._local.connection = connection
        return connection


def _request(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
