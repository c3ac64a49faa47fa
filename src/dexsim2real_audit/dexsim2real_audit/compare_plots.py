"""A trace inside, or outside, the envelope of its family: the pictures of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.divergence import Comparison
from dexsim2real_audit.envelope import coverage, distance, envelope
from dexsim2real_description.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Row = dict[str, str | float | int | bool | None]

MOST = 6
"""Components of a channel that are drawn: those that stand out most."""
_BAND, _REAL, _ALARM = "#cfd9e6", "#2f6db3", "#c2402f"


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
    for axis, column in zip(axes, chosen, strict=True):
        axis.fill_between(times, band.low[:, column], band.high[:, column], color=_BAND, label="family, 95 %")
        axis.plot(times, real[:, column], color=_REAL, lw=1.0, label="recorded")
        axis.set_ylabel(labels[column], fontsize="small")
        if found is not None and column == found.column:
            axis.axvline(found.onset, color=_ALARM, lw=1.0, label="leaves the family")
            axis.legend(fontsize="small", loc="upper right")
    axes[0].legend(fontsize="small", loc="upper right")
    axes[-1].set_xlabel("time [s]")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


def score_figure(times: Array, result: Comparison) -> Figure:
    """How far every channel is from the family over time; above 1 it has left."""
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 3.0), layout="constrained")
    axis = figure.subplots()
    for name, scores in result.scores.items():
        axis.plot(times, scores, lw=1.0, label=name)
    axis.axhline(1.0, color=_ALARM, lw=1.0, ls="--")
    axis.set_ylabel("distance [thresholds]")
    axis.set_xlabel("time [s]")
    axis.legend(fontsize="small", loc="upper left")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used
