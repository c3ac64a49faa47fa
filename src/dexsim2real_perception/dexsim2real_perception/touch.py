"""Touch frames, and what gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dexsim2real_perception.source import Source


@dataclass(frozen=True, eq=False)
class TouchFrame:
    """Forces on the four fingertips at one time."""

    force: NDArray[np.float32]
    """What each taxel exerts on the object [N], in the layout's taxel frames (z outward): shape (4, T, 3)."""
    stamp_ns: int
    """When the oldest of its taxels was read, system time [ns]."""


TouchSource: TypeAlias = Source[TouchFrame]
"""A tactile skin on the four fingertips (see source.py)."""
