"""How often Python looks for garbage in cycles, set for a node."""

import gc
from typing import Final

YOUNG_OBJECTS: Final = 50_000
"""Objects made since the last look before the next: a few MB. Python's own 700 are made by one
payment many times over, and each look goes over flows in flight that are no garbage."""


def settle() -> None:
    """Leave what exists now out of every look, and look less often from now on.

    Once, when a process has loaded its code. Objects without cycles are freed at once, as ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
