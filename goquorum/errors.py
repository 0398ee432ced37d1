"""What can go wrong on the GoQuorum side."""

from corda_sim.core.errors import CordaError


class GoQuorumError(CordaError):
    """Anything about the GoQuorum side that a caller may want to catch."""


class WrongUse(GoQuorumError):
    """The user's words or surroundings are the cause; the command line ends with 2."""


class NodeJsMissing(GoQuorumError):
    """There is no Node.js, and none could be fetched."""


class NpmInstallFailed(GoQuorumError):
    """npm could not install the packages that a lock file names."""


class CompilationFailed(GoQuorumError):
    """The Solidity compiler refused the contracts; the message is the compiler's."""


class ArtifactMissing(WrongUse):
    """No compiled contract has that name."""


class ArtifactRefused(WrongUse):
    """A user's file is no compiled contract that could be deployed."""


class UnlinkedLibrary(GoQuorumError):
    """A contract needs the address of a library that wasn't given."""
