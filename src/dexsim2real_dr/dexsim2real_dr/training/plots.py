"""Curves of a training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.optional import require
from dexsim2real_dr.training.progress import Progress

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BLUE, _ORANGE = "#2f6db3", "#d08a3e"
_POINTS = 200
"""Most points of a curve; each is the mean of a stretch of updates."""


def curves_figure(history: Sequence[Progress]) -> Figure:
    """Success and difficulty, reward, noise and speed over environment steps."""
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 5.5), layout="constrained")
    (first, second), (third, fourth) = figure.subplots(2, 2, sharex=True)
    steps = thinned([entry.steps / 1e6 for entry in history])
    first.plot(steps, thinned([entry.success for entry in history]), color=_BLUE, label="success of the hardest")
    first.plot(steps, thinned([entry.curriculum.get("difficulty") for entry in history]), color=_ORANGE,
               label="difficulty")  # fmt: skip
    first.set_ylim(-0.02, 1.02)
    first.legend(fontsize="small")
    for axis, values, label in (
        (second, [entry.reward for entry in history], "reward of a step"),
        (third, [entry.noise for entry in history], "noise of the actions"),
        (fourth, [entry.steps_per_second for entry in history], "environment steps per second"),
    ):
        axis.plot(steps, thinned(values), color=_BLUE)
        axis.set_ylabel(label)
    for axis in (third, fourth):
        axis.set_xlabel("environment steps [million]")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


def thinned(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Means of up to `_POINTS` stretches of equal length; NaN where nothing is known."""
    array = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    parts = np.array_split(array, min(_POINTS, max(1, len(array))))
    return np.array([_mean(part) for part in parts])


def _mean(part: NDArray[np.float64]) -> Any:
    known = part[~np.isnan(part)]
    return known.mean() if len(known) else np.nan
