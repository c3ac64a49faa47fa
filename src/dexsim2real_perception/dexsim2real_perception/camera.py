"""Camera frames, and what gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.camera import Intrinsics
from dexsim2real_perception.source import Source


@dataclass(frozen=True, eq=False)
class Frame:
    """One image."""

    rgb: NDArray[np.uint8]
    """Shape (H, W, 3)."""
    stamp_ns: int
    """When it was exposed, system time [ns]."""
    intrinsics: Intrinsics
    depth: NDArray[np.float32] | None = None
    """[m] in the colour image's pixels, 0 where unknown: shape (H, W)."""


@dataclass(frozen=True)
class CameraFeatures:
    """What a camera source will give, known before it is opened."""

    width: int
    height: int
    rate: float
    """[Hz]"""
    depth: bool = False


class CameraSource(Source[Frame], Protocol):
    """A camera (see source.py)."""

    @property
    def features(self) -> CameraFeatures:
        """What it will give; can be asked before it is opened."""
