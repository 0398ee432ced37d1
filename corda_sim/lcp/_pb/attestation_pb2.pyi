from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Quote(_message.Message):
    __slots__ = ("body", "platform", "signature")
    BODY_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    platform: bytes
    signature: bytes
    def __init__(self, body: _Optional[bytes] = ..., platform: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("report", "signature", "signing_cert")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNING_CERT_FIELD_NUMBER: _ClassVar[int]
    report: bytes
    signature: bytes
    signing_cert: bytes
    def __init__(self, report: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., signing_cert: _Optional[bytes] = ...) -> None: ...
