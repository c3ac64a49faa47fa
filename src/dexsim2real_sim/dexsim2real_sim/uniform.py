"""Uniform randomisation over the registry's ranges: vanilla domain randomisation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.parameters import PARAMETERS, parameter


class Uniform:
    """Every parameter uniform over its manual range, independently."""

    def __init__(self, names: Iterable[str] | None = None) -> None:
        """`names` defaults to all parameters that are not frozen. Raises UnknownNameError."""
        chosen = PARAMETERS if names is None else names
        self.names = tuple(name for name in chosen if not parameter(name).frozen)
        ranges = np.array([parameter(name).range for name in self.names]).reshape(-1, 2)
        self._low, self._high = ranges[:, 0], ranges[:, 1]

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Draw `count` sets of values, shape (count, len(names))."""
        return rng.uniform(self._low, self._high, (count, len(self.names)))
