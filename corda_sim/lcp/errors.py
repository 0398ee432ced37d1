"""What the proxy refuses with.

LcpException
├── EnclaveProtocolException      bytes on the enclave's channel that no registered type reads
├── SealedStateException          sealed state that wasn't written by this enclave, or was edited
├── UnknownEnclaveKeyException    the enclave holds no key with that address
├── ClientAlreadyExistsException  a client id that is taken
├── AggregationException          messages that can't become one
├── EnclaveNotMeasuredException   files of the enclave that changed while it started, or are missing
├── EnclaveUnavailableException   the enclave's process can't be started
├── LcpRefusedException           a service's own error, by its class name and text
│   └── EnclaveRefusedException   the enclave's own error
├── AttestationException          the attestation service refuses a quote
│   └── UnknownPlatformException  a quote whose platform isn't registered
├── LcpBindException              a service can't listen at its address, or may not without TLS
└── LcpUnreachableException       nobody answers at the address of a service
"""

from corda_sim.core.errors import CordaError


class LcpException(CordaError):
    """Root of the proxy's own errors."""


class EnclaveProtocolException(LcpException):
    """A message on the channel that is too long, of no registered type, or not canonical."""


class SealedStateException(LcpException):
    """Sealed state that doesn't open: edited, reordered, or of another enclave or platform."""


class UnknownEnclaveKeyException(LcpException):
    """No key with that address in the enclave."""


class ClientAlreadyExistsException(LcpException):
    """A client with that id is there already."""


class AggregationException(LcpException):
    """Messages of another signer, of another kind, or that don't follow one another."""


class EnclaveNotMeasuredException(LcpException):
    """What the enclave loads can't be measured."""


class EnclaveUnavailableException(LcpException):
    """The enclave's process ended, or didn't start."""


class LcpRefusedException(LcpException):
    """An error that a service answered with; ``type_name`` is its class there."""

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(message)
        self.type_name = type_name


class EnclaveRefusedException(LcpRefusedException):
    """An error that the enclave answered with."""


class AttestationException(LcpException):
    """A quote that the attestation service refuses."""


class UnknownPlatformException(AttestationException):
    """A quote signed by no registered platform."""


class LcpBindException(LcpException):
    """A service that can't listen: the address is taken, not ours, or not loopback without TLS."""


class LcpUnreachableException(LcpException):
    """A service of the proxy that can't be reached."""
