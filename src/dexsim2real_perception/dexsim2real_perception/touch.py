"""Touch frames: what a touch source gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TouchFrame:
    """Forces on the four fingertips at one time."""

    force: NDArray[np.float32]
    """What each taxel exerts on the object [N], in the layout's taxel frames (z outward): shape (4, T, 3)."""
    stamp_ns: int
    """When the oldest of its taxels was read, system time [ns]."""
