"""Typed failures of the network map, network parameters and of making or running a network."""

from pathlib import Path

from corda_sim.core.errors import CordaError


class NodeInfoException(CordaError):
    """A signed node info is refused; `file` is where it came from, if anywhere."""

    def __init__(self, reason: str, file: Path | None = None) -> None:
        super().__init__(f"{file}: {reason}" if file else reason)
        self.reason, self.file = reason, file


class NetworkParametersException(CordaError):
    """The signed network parameters are missing or refused."""


class NetworkCreationException(CordaError):
    """A network can't be made as asked."""


class DirectoryNotEmptyException(NetworkCreationException):
    """The directory for a new network holds something already."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is not empty: choose another, or destroy that network first")
        self.directory = directory


class NotaryWorkersException(NetworkCreationException):
    """Several notary workers can't be had with this database or broker; says what they need."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"several notary workers share one database and one queue: {problem}. Give --db a bare "
            "postgresql:// URL whose role may CREATEDB and CREATEROLE, and --broker an amqp:// or "
            "amqps:// URL for all or as Notary=URL"
        )


class NetworkNotFoundException(CordaError):
    """The directory holds no network, or a damaged one."""


class NodeStartException(CordaError):
    """A node's process ended, or wasn't ready in time; `log` is where it wrote why."""

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"{name} {reason}; see {log}")
        self.name, self.log = name, log


class ConfirmationRequiredException(CordaError):
    """Something irreversible was asked for without saying so twice."""
