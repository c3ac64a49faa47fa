"""Pictures of an evaluation: success with its interval, and where on the table it was won and lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dexsim2real_audit.statistics import wilson
from dexsim2real_audit.trial_tables import Outcome
from dexsim2real_description.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIM, _REAL = "#b8b8b8", "#2f6db3"
_WON, _LOST = "#2f8f5b", "#c2402f"


def success_figure(results: Sequence[Outcome]) -> Figure:
    """Success rate with its 95 % interval, by task and method, simulation beside reality."""
    groups = list(dict.fromkeys((o.task, o.method) for o in results))
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 3.2), layout="constrained")
    axis = figure.subplots()
    for side, (real, color) in enumerate(((False, _SIM), (True, _REAL))):
        for place, group in enumerate(groups):
            wins = [o.success for o in results if (o.task, o.method) == group and o.real is real]
            if wins:
                rate = wilson(sum(wins), len(wins))
                reach = [[100 * (rate.value - rate.low)], [100 * (rate.high - rate.value)]]
                x = place + 0.4 * side - 0.2
                axis.bar(x, 100 * rate.value, 0.38, color=color, label=("sim", "real")[side] if place == 0 else None)
                axis.errorbar(x, 100 * rate.value, reach, color="black", capsize=3)
    axis.set_xticks(range(len(groups)), [f"{task}\n{method}" for task, method in groups])
    axis.set_ylabel("success [%]")
    axis.set_ylim(0, 105)
    axis.legend(fontsize="small")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


def places_figure(results: Sequence[Outcome]) -> Figure:
    """Where the object lay, won and lost trials, one plot per method."""
    methods = list(dict.fromkeys(o.method for o in results))
    figure = require("matplotlib.figure", "audit").Figure(figsize=(3.2 * len(methods), 3.2), layout="constrained")
    axes = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False)[0]
    for axis, method in zip(axes, methods, strict=True):
        for success, color, marker in ((True, _WON, "o"), (False, _LOST, "x")):
            places = np.array([(o.x, o.y) for o in results if o.method == method and o.success is success])
            if len(places):
                axis.plot(*(100 * places.T), marker, color=color, ms=4, label="success" if success else "failure")
        axis.set_title(method, fontsize="medium")
        axis.set_xlabel("x [cm]")
        axis.set_aspect("equal")
    axes[0].set_ylabel("y [cm]")
    axes[0].legend(fontsize="small")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used
