"""The band of traces that a family produces for the same commands, and how far another trace is from it."""

from __future__ import annotations

from collections.abc import Sequence
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
    return Envelope(*quantiles(family, (tail, 0.5, 1 - tail)))


def quantiles(values: Array, shares: Sequence[float]) -> list[Array]:
    """Quantiles over the first axis of what is not NaN, on straight lines between values; NaN where nothing is known.

    The same as numpy's nanquantile, which calls Python for every column: a hundred times the time.
    """
    ordered = np.sort(values, axis=0)  # NaN come last
    last = np.maximum((~np.isnan(values)).sum(axis=0) - 1, 0)
    found = []
    for share in shares:
        place = share * last
        below = np.floor(place).astype(np.intp)
        low, high = (np.take_along_axis(ordered, at[None], axis=0)[0] for at in (below, np.minimum(below + 1, last)))
        found.append(low + (place - below) * (high - low))
    return found


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
    (middle,) = quantiles(family, (0.5,))
    own = members_own(family, middle)
    return Distance(float(np.sqrt(np.nanmean((trace - middle) ** 2))), float(np.nanmean(own)))


def members_own(family: Array, middle: Array) -> Array:
    """Distance of each member of a family, shape (N, T, D), from its middle, shape (N,)."""
    return np.asarray(np.sqrt(np.nanmean((family - middle) ** 2, axis=(1, 2))))
