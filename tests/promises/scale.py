"""How much of a promise's test is run: a part in `make test`, all of it in `make soak` (SOAK=1)."""

from __future__ import annotations

import os

SOAK = os.environ.get("SOAK", "") == "1"
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where databases of tests lie that write much and do not have to outlive anything."""


def scale(test: int, soak: int) -> int:
    """The count for this run."""
    return soak if SOAK else test
