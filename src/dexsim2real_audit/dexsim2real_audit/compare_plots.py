"""A trace inside, or outside, the envelope of its family: the pictures of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.divergence import Comparison
from dexsim2real_audit.envelope import coverage, distance, envelope
from dexsim2real_description.optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Row = dict[str, str | float | int | bool | None]

MOST = 6
"""Components of a channel that are drawn: those that stand out most."""
_BAND, _REAL, _ALARM, _PAUSED = "#cfd9e6", "#2f6db3", "#c2402f", "#888888"
_PAUSE = 0.3
"""What is drawn of the time between two motions [s]."""
_TICKS = 0.8
"""Of a tenth of the axis, at least, between two ticks."""


def channel_rows(
    real: Mapping[str, Array], family: Mapping[str, Array], floors: Mapping[str, float], result: Comparison
) -> list[Row]:
    """One row per channel: share inside the band, distance, and when it left the family."""
    left = {found.channel: found for found in result.divergences}
    rows: list[Row] = []
    for name, values in real.items():
        how_far = distance(values, family[name])
        found = left.get(name)
        rows.append(
            {
                "channel": name,
                "inside the band": float(np.nanmean(coverage(values, envelope(family[name]), floors[name]))),
                "distance": how_far.rms,
                "times the usual": how_far.ratio,
                "left at [s]": None if found is None else found.onset,
                "certain at [s]": None if found is None else found.alarm,
                "size": None if found is None else found.size,
            }
        )
    return rows


def envelope_figure(
    times: Array, name: str, real: Array, family: Array, labels: Sequence[str], result: Comparison
) -> Figure:
    """One channel: the band of the family, shape (N, T, D), the trace in it, shape (T, D), and where it left."""
    band = envelope(family)
    half = np.nanmean(band.high - band.low, axis=0) / 2 + 1e-12
    outside = np.nanmean(np.abs(real - band.middle), axis=0) / half
    found = next((d for d in result.divergences if d.channel == name), None)
    chosen = sorted(np.argsort(-outside)[:MOST])
    if found is not None and found.column not in chosen:
        chosen = sorted([found.column, *chosen[: MOST - 1]])
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 1.7 * len(chosen) + 0.6), layout="constrained")
    axes = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
    clock = _Clock.of(times)
    for axis, column in zip(axes, chosen, strict=True):
        low, high = (clock.broken(side[:, column]) for side in (band.low, band.high))
        axis.fill_between(clock.broken(clock.shown), low, high, color=_BAND, label="family, 95 %")
        axis.plot(clock.broken(clock.shown), clock.broken(real[:, column]), color=_REAL, lw=1.0, label="recorded")
        axis.set_ylabel(labels[column], fontsize="small")
        if found is not None and column == found.column:
            axis.axvline(clock.at(found.onset), color=_ALARM, lw=1.0, label="leaves the family")
            axis.legend(fontsize="small", loc="upper right")
        clock.mark(axis)
    axes[0].legend(fontsize="small", loc="upper right")
    axes[-1].set_xlabel(clock.name)
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


def score_figure(times: Array, result: Comparison) -> Figure:
    """How far every channel is from the family over time; above 1 it has left."""
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 3.0), layout="constrained")
    axis, clock = figure.subplots(), _Clock.of(times)
    for name, scores in result.scores.items():
        axis.plot(clock.broken(clock.shown), clock.broken(scores), lw=1.0, label=name)
    axis.axhline(1.0, color=_ALARM, lw=1.0, ls="--")
    axis.set_ylabel("distance [thresholds]")
    axis.set_xlabel(clock.name)
    clock.mark(axis)
    axis.legend(fontsize="small", loc="upper left")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


@dataclass(frozen=True, eq=False)
class _Clock:
    """A time axis without the time between motions: ten minutes of which two motions were simulated show both."""

    times: Array
    """Since the recording began [s], shape (T,)."""
    shown: Array
    """Where each sample is drawn, shape (T,)."""
    begins: NDArray[np.intp]
    """First samples of the motions."""

    @classmethod
    def of(cls, times: Array) -> _Clock:
        """Even stamps but for gaps."""
        steps = np.diff(times)
        gaps = steps > 1.5 * np.median(steps)
        away = np.cumsum(np.where(gaps, steps - _PAUSE, 0.0))
        begins = np.concatenate([[0], np.flatnonzero(gaps) + 1])
        return cls(times, times - times[0] - np.concatenate([[0.0], away]), begins)

    @property
    def name(self) -> str:
        """For the axis."""
        return "time [s]" if len(self.begins) == 1 else f"time [s]; {len(self.begins)} motions without the time between"

    def at(self, time: float) -> float:
        """Where a moment is drawn."""
        return float(np.interp(time, self.times, self.shown))

    def broken(self, values: Array) -> Array:
        """Values, shape (T,), with a hole between motions."""
        return np.insert(values.astype(np.float64), self.begins[1:], np.nan)

    def mark(self, axis: Axes) -> None:
        """Ticks at round times of every motion, and a line between motions."""
        step = max(_TICKS * self.shown[-1] / 10, 1e-9)
        step = next((nice for nice in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if nice >= step), step)
        ends = np.append(self.begins[1:], len(self.times))
        spans = [(self.times[begin], self.times[end - 1]) for begin, end in zip(self.begins, ends, strict=True)]
        ticks = [time for low, high in spans for time in np.arange(np.ceil(low / step) * step, high + 1e-9, step)]
        axis.set_xticks([self.at(time) for time in ticks], [f"{time:g}" for time in np.round(ticks, 3)])
        for begin in self.begins[1:]:
            axis.axvline(self.shown[begin] - _PAUSE / 2, color=_PAUSED, lw=0.8, ls=":")
