"""How many cores this process may use."""

import os


def available() -> int:
    """Cores that the process may run on, at least one: those it is pinned to, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
