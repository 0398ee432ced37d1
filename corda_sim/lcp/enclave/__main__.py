"""Where the enclave's process starts: ``python -I -S`` and this file, then folders of packages.

Nothing but this program, those packages and the standard library can be imported from here on; they
are compiled from source each time, because what a cache holds isn't measured.
"""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    """Close the world, then serve."""
    sys.path = [str(_ROOT), *sys.path, *sys.argv[1:]]
    from corda_sim.lcp.enclave.packages import ClosedWorld  # noqa: PLC0415 - needs the path

    sys.meta_path.insert(0, ClosedWorld())
    from corda_sim.lcp.enclave.process import run  # noqa: PLC0415 - behind the hook

    run()


if __name__ == "__main__":
    main()
