"""The no-touch baseline of skins without the maker's calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class BaselineConfig:
    """How a baseline is taken."""

    duration_s: float = 2.0
    """The maker's visualiser averages as long."""
    min_readings: int = 20
    max_spread: float = 30.0
    """Largest standard deviation of any value [counts]; an untouched taxel has 2.2 (FACTS 3.6), 30 is 0.02 N."""


class Baseline:
    """Mean counts of an untouched hand, once it has been still for long enough.

    It cannot tell a steady touch from none: nothing may touch the fingers while it is taken.
    """

    def __init__(self, config: BaselineConfig | None = None) -> None:
        self.config = config or BaselineConfig()
        self.mean: NDArray[np.float64] | None = None
        """[counts], shape of what was added; None while it is being taken."""
        self.disturbed = False
        """The last attempt saw the counts move, so it began anew."""
        self._stamps: list[int] = []
        self._readings: list[NDArray[np.float64]] = []

    def add(self, stamp_ns: int, counts: NDArray[np.float64]) -> None:
        """One reading, taken at `stamp_ns` [ns]; after the baseline is there, does nothing."""
        if self.mean is not None:
            return
        self._stamps.append(stamp_ns)
        self._readings.append(counts)
        span = (self._stamps[-1] - self._stamps[0]) * 1e-9
        if span < self.config.duration_s or len(self._readings) < self.config.min_readings:
            return
        readings = np.array(self._readings)
        self._stamps.clear()
        self._readings.clear()
        self.disturbed = bool(readings.std(axis=0).max() > self.config.max_spread)
        if not self.disturbed:
            self.mean = readings.mean(axis=0)
