"""What identification looks like: torque that was measured and torque that the models predict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dexsim2real_description.optional import require
from dexsim2real_dr.identify.arm import MAKER, PUBLISHED, TUNED, ArmResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLORS = {MAKER: "#b8b8b8", PUBLISHED: "#d08a3e", TUNED: "#2f6db3"}


def torque_error_figure(result: ArmResult) -> Figure:
    """Torque error of every model over time, one plot per joint; what was held out is shaded."""
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 12.0), layout="constrained")
    axes = figure.subplots(result.chain.size, 1, sharex=True)
    time = np.concatenate([result.train.time, result.held_out.time])
    tau = np.concatenate([result.train.tau, result.held_out.tau])
    for joint, axis in enumerate(axes):
        for model, predicted in result.predictions.items():
            error = tau - np.concatenate(predicted)
            axis.plot(time, error[:, joint], lw=0.9, color=_COLORS[model], label=model)
        axis.axvspan(result.held_out.time[0], result.held_out.time[-1], color="#eef3f8", zorder=0)
        axis.set_ylabel(f"{result.chain.names[joint]}\n[N m]")
        tuned = tau[:, joint] - np.concatenate(result.predictions[TUNED])[:, joint]
        axis.set_ylim(*(8 * tuned.std() * np.array([-1, 1])))  # the maker's model may leave the plot
    axes[0].legend(loc="upper left", ncols=3, fontsize="small")
    axes[-1].set_xlabel("time [s]; shaded: held out")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used


def error_bars_figure(result: ArmResult) -> Figure:
    """Held-out torque error of every model, side by side per joint."""
    figure = require("matplotlib.figure", "audit").Figure(figsize=(9.0, 3.2), layout="constrained")
    axis = figure.subplots()
    models = list(result.predictions)
    places = np.arange(result.chain.size)
    width = 0.8 / len(models)
    for i, model in enumerate(models):
        axis.bar(places + i * width, result.errors(model)[1], width, color=_COLORS[model], label=model)
    axis.set_yscale("log")
    axis.set_xticks(places + 0.4 - width / 2, [f"joint {i + 1}" for i in places])
    axis.set_ylabel("held-out error, RMS [N m]")
    axis.legend(fontsize="small")
    return figure  # type: ignore[no-any-return]  # matplotlib is imported where it is used
