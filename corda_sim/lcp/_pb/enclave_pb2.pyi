from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RAType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RA_TYPE_UNSPECIFIED: _ClassVar[RAType]
    RA_TYPE_IAS: _ClassVar[RAType]
    RA_TYPE_DCAP: _ClassVar[RAType]
    RA_TYPE_ZKDCAP_RISC0: _ClassVar[RAType]
    RA_TYPE_MOCK_ZKDCAP_RISC0: _ClassVar[RAType]
RA_TYPE_UNSPECIFIED: RAType
RA_TYPE_IAS: RAType
RA_TYPE_DCAP: RAType
RA_TYPE_ZKDCAP_RISC0: RAType
RA_TYPE_MOCK_ZKDCAP_RISC0: RAType

class QueryEnclaveInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QueryEnclaveInfoResponse(_message.Message):
    __slots__ = ("mrenclave", "enclave_debug")
    MRENCLAVE_FIELD_NUMBER: _ClassVar[int]
    ENCLAVE_DEBUG_FIELD_NUMBER: _ClassVar[int]
    mrenclave: bytes
    enclave_debug: bool
    def __init__(self, mrenclave: _Optional[bytes] = ..., enclave_debug: _Optional[bool] = ...) -> None: ...

class QueryAvailableEnclaveKeysRequest(_message.Message):
    __slots__ = ("mrenclave", "enclave_debug", "ra_type")
    MRENCLAVE_FIELD_NUMBER: _ClassVar[int]
    ENCLAVE_DEBUG_FIELD_NUMBER: _ClassVar[int]
    RA_TYPE_FIELD_NUMBER: _ClassVar[int]
    mrenclave: bytes
    enclave_debug: bool
    ra_type: RAType
    def __init__(self, mrenclave: _Optional[bytes] = ..., enclave_debug: _Optional[bool] = ..., ra_type: _Optional[_Union[RAType, str]] = ...) -> None: ...

class QueryAvailableEnclaveKeysResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[EnclaveKeyInfo]
    def __init__(self, keys: _Optional[_Iterable[_Union[EnclaveKeyInfo, _Mapping]]] = ...) -> None: ...

class QueryEnclaveKeyRequest(_message.Message):
    __slots__ = ("enclave_key_address",)
    ENCLAVE_KEY_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    enclave_key_address: bytes
    def __init__(self, enclave_key_address: _Optional[bytes] = ...) -> None: ...

class QueryEnclaveKeyResponse(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: EnclaveKeyInfo
    def __init__(self, key: _Optional[_Union[EnclaveKeyInfo, _Mapping]] = ...) -> None: ...

class EnclaveKeyInfo(_message.Message):
    __slots__ = ("ias",)
    IAS_FIELD_NUMBER: _ClassVar[int]
    ias: IASEnclaveKeyInfo
    def __init__(self, ias: _Optional[_Union[IASEnclaveKeyInfo, _Mapping]] = ...) -> None: ...

class IASEnclaveKeyInfo(_message.Message):
    __slots__ = ("enclave_key_address", "report", "attestation_time", "signature", "signing_cert")
    ENCLAVE_KEY_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_TIME_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNING_CERT_FIELD_NUMBER: _ClassVar[int]
    enclave_key_address: bytes
    report: str
    attestation_time: int
    signature: bytes
    signing_cert: bytes
    def __init__(self, enclave_key_address: _Optional[bytes] = ..., report: _Optional[str] = ..., attestation_time: _Optional[int] = ..., signature: _Optional[bytes] = ..., signing_cert: _Optional[bytes] = ...) -> None: ...
