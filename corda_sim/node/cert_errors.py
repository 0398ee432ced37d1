"""Typed failures of certificates and key stores."""

from corda_sim.core.errors import CordaError


class CertificateException(CordaError):
    """A certificate can't be read or isn't fit for its purpose."""


class CertPathValidatorException(CertificateException):
    """A certificate path breaks a rule; `index` counts from the root (0)."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"certificate {index} of the path: {reason}")
        self.index = index
        self.reason = reason


class CertificateExpiredException(CertPathValidatorException):
    """A certificate's end lies in the past."""


class CertificateNotYetValidException(CertPathValidatorException):
    """A certificate's start lies in the future."""


class KeyStoreException(CordaError):
    """A key store is missing, damaged, readable by others, or the password is wrong."""
