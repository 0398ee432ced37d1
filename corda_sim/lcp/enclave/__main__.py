"""Where the enclave's process starts: ``python -I -S`` and this file, then folders of packages.

Nothing but this program, those packages and the standard library can be imported from here on; they
are compiled from source each time, because what a cache holds isn't measured.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    """Close the world, then serve."""
    standard, packages = [one for one in sys.path if not one.endswith(".zip")], sys.argv[1:]
    # The standard library first: nothing beside this program may stand in for it.
    sys.path = [*standard, str(_ROOT), *packages]
    from corda_sim.lcp.enclave.packages import ClosedWorld  # noqa: PLC0415 - needs the path

    # Ahead of the search along the path, behind what is built into the interpreter.
    sys.meta_path.insert(-1, ClosedWorld(_ROOT, standard, packages))
    from corda_sim.lcp.enclave.process import run  # noqa: PLC0415 - behind the hook

    run()


if __name__ == "__main__":
    main()
