from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class StartFlowRequest(_message.Message):
    __slots__ = ("flow", "arguments", "client_id")
    class ArgumentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    FLOW_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    flow: str
    arguments: _containers.ScalarMap[str, str]
    client_id: str
    def __init__(self, flow: _Optional[str] = ..., arguments: _Optional[_Mapping[str, str]] = ..., client_id: _Optional[str] = ...) -> None: ...

class FlowUpdate(_message.Message):
    __slots__ = ("flow_id", "progress", "ended", "result", "error_type", "error", "result_text")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    ERROR_TYPE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RESULT_TEXT_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    progress: _containers.RepeatedScalarFieldContainer[str]
    ended: bool
    result: str
    error_type: str
    error: str
    result_text: str
    def __init__(self, flow_id: _Optional[str] = ..., progress: _Optional[_Iterable[str]] = ..., ended: _Optional[bool] = ..., result: _Optional[str] = ..., error_type: _Optional[str] = ..., error: _Optional[str] = ..., result_text: _Optional[str] = ...) -> None: ...

class InvokeRequest(_message.Message):
    __slots__ = ("method", "arguments_json")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_JSON_FIELD_NUMBER: _ClassVar[int]
    method: str
    arguments_json: str
    def __init__(self, method: _Optional[str] = ..., arguments_json: _Optional[str] = ...) -> None: ...

class InvokeReply(_message.Message):
    __slots__ = ("result_json",)
    RESULT_JSON_FIELD_NUMBER: _ClassVar[int]
    result_json: str
    def __init__(self, result_json: _Optional[str] = ...) -> None: ...

class TrackRequest(_message.Message):
    __slots__ = ("feed", "state")
    FEED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    feed: str
    state: str
    def __init__(self, feed: _Optional[str] = ..., state: _Optional[str] = ...) -> None: ...

class TrackUpdate(_message.Message):
    __slots__ = ("update_json",)
    UPDATE_JSON_FIELD_NUMBER: _ClassVar[int]
    update_json: str
    def __init__(self, update_json: _Optional[str] = ...) -> None: ...
