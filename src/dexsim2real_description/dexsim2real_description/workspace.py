"""Where the palm may be: the safety gate stops the robot outside, so training ends an episode there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.model import Vec3


@dataclass(frozen=True)
class Workspace:
    """A box for the palm's origin, in the frame of the arm's base [m]; the default suits the default table."""

    lower: Vec3 = (0.15, -0.6, 0.03)
    upper: Vec3 = (0.85, 0.6, 1.0)

    def outside(self, places: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which of these places [m], shape (..., 3), are not in the box, shape (...)."""
        lower, upper = self._corners
        return np.asarray(((places < lower) | (places > upper)).any(axis=-1))

    @cached_property
    def _corners(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return np.array(self.lower), np.array(self.upper)

    def complaint(self, place: NDArray[np.floating]) -> str:
        """How a place [m], shape (3,), is outside; empty if it is inside."""
        for axis, value, low, high in zip("xyz", place, self.lower, self.upper, strict=True):
            if not low <= value <= high:
                return f"the palm is at {axis} = {value:.3f} m, outside {low:g} to {high:g} m"
        return ""
