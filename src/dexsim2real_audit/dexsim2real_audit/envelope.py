"""The band of traces that a family produces for the same commands, and how far another trace is from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

INSIDE = 0.95
"""Share of the family that the band holds at every moment."""


@dataclass(frozen=True, eq=False)
class Envelope:
    """The band of one channel, all shape (T, D)."""

    low: Array
    middle: Array
    high: Array


def envelope(family: Array) -> Envelope:
    """Pointwise quantiles of a family, shape (N, T, D): the middle and the band that holds 95 % of it.

    NaN marks what was not recorded; where no trace was, the band is NaN.
    """
    tail = (1 - INSIDE) / 2
    known = np.isfinite(family).any(axis=0)
    filled = np.where(known, family, 0.0)
    low, middle, high = np.where(known, np.nanquantile(filled, [tail, 0.5, 1 - tail], axis=0), np.nan)
    return Envelope(low, middle, high)


def coverage(trace: Array, band: Envelope, floor: float) -> Array:
    """Share of the components of a trace, shape (T, D), that are inside the band widened by `floor`: shape (T,).

    A trace from inside the family has 0.95 on average. NaN where nothing was recorded.
    """
    known = np.isfinite(trace) & np.isfinite(band.middle)
    inside = (trace >= band.low - floor) & (trace <= band.high + floor) & known
    count = known.sum(axis=1)
    return np.asarray(np.where(count, inside.sum(axis=1) / np.maximum(count, 1), np.nan))


@dataclass(frozen=True)
class Distance:
    """How far a trace is from a family, over the whole time and all components of a channel."""

    rms: float
    """From the family's middle, in the channel's unit."""
    usual: float
    """The same for the family's own traces, on average."""

    @property
    def ratio(self) -> float:
        """How many times further than usual; 1 is a trace like any other of the family."""
        return self.rms / self.usual if self.usual > 0 else float("inf") if self.rms > 0 else 1.0


def distance(trace: Array, family: Array) -> Distance:
    """Distance of a trace, shape (T, D), from a family, shape (N, T, D); NaN marks what was not recorded."""
    middle = envelope(family).middle
    own = np.sqrt(np.nanmean((family - middle) ** 2, axis=(1, 2)))
    return Distance(float(np.sqrt(np.nanmean((trace - middle) ** 2))), float(np.nanmean(own)))
