"""On what it was measured."""

from __future__ import annotations

import os
import platform


def machine() -> str:
    """One sentence for a report."""
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f} at the start)."
    )
