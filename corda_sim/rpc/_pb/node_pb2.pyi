from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar

from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from google.protobuf.internal import containers as _containers

DESCRIPTOR: _descriptor.FileDescriptor

class StartFlowRequest(_message.Message):
    __slots__ = ("arguments", "client_id", "flow")
    class ArgumentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: str | None = ..., value: str | None = ...) -> None: ...

    FLOW_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    flow: str
    arguments: _containers.ScalarMap[str, str]
    client_id: str
    def __init__(
        self,
        flow: str | None = ...,
        arguments: _Mapping[str, str] | None = ...,
        client_id: str | None = ...,
    ) -> None: ...

class FlowUpdate(_message.Message):
    __slots__ = ("ended", "error", "error_type", "flow_id", "progress", "result")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_TYPE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    progress: str
    ended: bool
    result: str
    error_type: str
    error: str
    def __init__(
        self,
        flow_id: str | None = ...,
        progress: str | None = ...,
        ended: bool | None = ...,
        result: str | None = ...,
        error_type: str | None = ...,
        error: str | None = ...,
    ) -> None: ...

class InvokeRequest(_message.Message):
    __slots__ = ("arguments_json", "method")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    method: str
    arguments_json: str
    def __init__(
        self, method: str | None = ..., arguments_json: str | None = ...
    ) -> None: ...

class InvokeReply(_message.Message):
    __slots__ = ("result_json",)
    RESULT_JSON_FIELD_NUMBER: _ClassVar[int]
    result_json: str
    def __init__(self, result_json: str | None = ...) -> None: ...

class TrackRequest(_message.Message):
    __slots__ = ("feed",)
    FEED_FIELD_NUMBER: _ClassVar[int]
    feed: str
    def __init__(self, feed: str | None = ...) -> None: ...

class TrackUpdate(_message.Message):
    __slots__ = ("update_json",)
    UPDATE_JSON_FIELD_NUMBER: _ClassVar[int]
    update_json: str
    def __init__(self, update_json: str | None = ...) -> None: ...
