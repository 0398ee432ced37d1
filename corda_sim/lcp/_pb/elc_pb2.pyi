from corda_sim.lcp._pb import height_pb2 as _height_pb2
from google.protobuf import any_pb2 as _any_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MsgCreateClient(_message.Message):
    __slots__ = ("client_id", "client_state", "consensus_state", "signer")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    client_state: _any_pb2.Any
    consensus_state: _any_pb2.Any
    signer: bytes
    def __init__(self, client_id: _Optional[str] = ..., client_state: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., consensus_state: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., signer: _Optional[bytes] = ...) -> None: ...

class MsgCreateClientResponse(_message.Message):
    __slots__ = ("message", "signature")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signature: bytes
    def __init__(self, message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class MsgUpdateClient(_message.Message):
    __slots__ = ("client_id", "header", "include_state", "signer")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    header: _any_pb2.Any
    include_state: bool
    signer: bytes
    def __init__(self, client_id: _Optional[str] = ..., header: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., include_state: _Optional[bool] = ..., signer: _Optional[bytes] = ...) -> None: ...

class MsgUpdateClientResponse(_message.Message):
    __slots__ = ("message", "signature")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signature: bytes
    def __init__(self, message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class MsgUpdateClientStreamChunk(_message.Message):
    __slots__ = ("init", "header_chunk")
    INIT_FIELD_NUMBER: _ClassVar[int]
    HEADER_CHUNK_FIELD_NUMBER: _ClassVar[int]
    init: UpdateClientStreamInit
    header_chunk: UpdateClientStreamHeaderChunk
    def __init__(self, init: _Optional[_Union[UpdateClientStreamInit, _Mapping]] = ..., header_chunk: _Optional[_Union[UpdateClientStreamHeaderChunk, _Mapping]] = ...) -> None: ...

class UpdateClientStreamInit(_message.Message):
    __slots__ = ("client_id", "include_state", "signer", "type_url")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    TYPE_URL_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    include_state: bool
    signer: bytes
    type_url: str
    def __init__(self, client_id: _Optional[str] = ..., include_state: _Optional[bool] = ..., signer: _Optional[bytes] = ..., type_url: _Optional[str] = ...) -> None: ...

class UpdateClientStreamHeaderChunk(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class MsgAggregateMessages(_message.Message):
    __slots__ = ("signer", "messages", "signatures")
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    signer: bytes
    messages: _containers.RepeatedScalarFieldContainer[bytes]
    signatures: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, signer: _Optional[bytes] = ..., messages: _Optional[_Iterable[bytes]] = ..., signatures: _Optional[_Iterable[bytes]] = ...) -> None: ...

class MsgAggregateMessagesResponse(_message.Message):
    __slots__ = ("message", "signature")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signature: bytes
    def __init__(self, message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class MsgVerifyMembership(_message.Message):
    __slots__ = ("client_id", "prefix", "path", "value", "proof_height", "proof", "signer")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PROOF_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    prefix: bytes
    path: str
    value: bytes
    proof_height: _height_pb2.Height
    proof: bytes
    signer: bytes
    def __init__(self, client_id: _Optional[str] = ..., prefix: _Optional[bytes] = ..., path: _Optional[str] = ..., value: _Optional[bytes] = ..., proof_height: _Optional[_Union[_height_pb2.Height, _Mapping]] = ..., proof: _Optional[bytes] = ..., signer: _Optional[bytes] = ...) -> None: ...

class MsgVerifyMembershipResponse(_message.Message):
    __slots__ = ("message", "signature")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signature: bytes
    def __init__(self, message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class MsgVerifyNonMembership(_message.Message):
    __slots__ = ("client_id", "prefix", "path", "proof_height", "proof", "signer")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    PROOF_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    prefix: bytes
    path: str
    proof_height: _height_pb2.Height
    proof: bytes
    signer: bytes
    def __init__(self, client_id: _Optional[str] = ..., prefix: _Optional[bytes] = ..., path: _Optional[str] = ..., proof_height: _Optional[_Union[_height_pb2.Height, _Mapping]] = ..., proof: _Optional[bytes] = ..., signer: _Optional[bytes] = ...) -> None: ...

class MsgVerifyNonMembershipResponse(_message.Message):
    __slots__ = ("message", "signature")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signature: bytes
    def __init__(self, message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class QueryClientRequest(_message.Message):
    __slots__ = ("client_id",)
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    def __init__(self, client_id: _Optional[str] = ...) -> None: ...

class QueryClientResponse(_message.Message):
    __slots__ = ("found", "client_state", "consensus_state")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    found: bool
    client_state: _any_pb2.Any
    consensus_state: _any_pb2.Any
    def __init__(self, found: _Optional[bool] = ..., client_state: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., consensus_state: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...
