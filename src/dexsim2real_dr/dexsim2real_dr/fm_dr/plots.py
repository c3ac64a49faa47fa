"""What a search found, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.optional import require
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import Distribution, Round

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BLUE, _GREY, _ORANGE = "#2f6db3", "#b8b8b8", "#d08a3e"
DRAWS = 2000


def pictures_figure(rows: Mapping[str, NDArray[np.uint8]], columns: int = 6) -> Figure:
    """Rows of pictures, each (K, H, W, 3), with their names; at most `columns` of each."""
    figure = _figure((9.0, 1.6 * len(rows)))
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis in line:
            axis.set(xticks=[], yticks=[])
            axis.set_frame_on(False)
        for axis, image in zip(line, images, strict=False):
            axis.imshow(image)
        line[0].set_title(name, loc="left", fontsize="small")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


def score_figure(history: Sequence[Round]) -> Figure:
    """Scores and entropy over rounds."""
    figure = _figure((9.0, 3.0))
    left, right = figure.subplots(1, 2)
    numbers = [found.number for found in history]
    left.plot(numbers, [found.best_score for found in history], "o-", ms=3, color=_ORANGE, label="best of the round")
    left.plot(numbers, [found.mean_score for found in history], "o-", ms=3, color=_BLUE, label="mean of the round")
    left.set(xlabel="round", ylabel="score, 1 to 10", ylim=(1, 10))
    left.legend(fontsize="small")
    right.plot(numbers, [found.entropy for found in history], "o-", ms=3, color=_BLUE)
    right.axhline(0, color=_GREY, label="uniform over the manual ranges")
    right.set(xlabel="round", ylabel="entropy over uniform [nats]")
    right.legend(fontsize="small")
    return figure  # type: ignore[no-any-return]


def marginals_figure(distribution: Distribution) -> Figure:
    """Draws of each parameter against its manual range."""
    names, columns = distribution.names, 4
    lines = -(-len(names) // columns)
    figure = _figure((9.0, 1.5 * lines))
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    drawn = distribution.sample(np.random.default_rng(0), DRAWS)
    for axis, name, values in zip(axes, names, drawn.T, strict=False):
        low, high = parameter(name).range
        axis.hist(values, 30, density=True, color=_BLUE)
        axis.plot([low, low, high, high], np.array([0, 1, 1, 0]) / (high - low), color=_ORANGE)
        axis.set_title(f"{name} [{parameter(name).unit}]" if parameter(name).unit else name, fontsize="x-small")
        axis.set_yticks([])
        axis.tick_params(labelsize="x-small")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    return figure  # type: ignore[no-any-return]


def _figure(size: tuple[float, float]) -> Any:
    return require("matplotlib.figure", "audit").Figure(figsize=size, layout="constrained")
