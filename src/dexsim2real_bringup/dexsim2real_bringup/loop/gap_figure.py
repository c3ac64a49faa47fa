"""Success in simulation and in reality, policy by policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dexsim2real_audit.statistics import Interval
from dexsim2real_description.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def gap_figure(policies: Sequence[str], simulation: Sequence[Interval], reality: Sequence[Interval]) -> Figure:
    """Policies from left to right, each with its success in simulation and in reality, and their 95 % intervals."""
    figure: Figure = require("matplotlib.figure", "audit").Figure(figsize=(7.0, 3.2), layout="constrained")
    axes = figure.add_subplot()
    for label, rates, shift in (("simulation", simulation, -0.05), ("reality", reality, 0.05)):
        reach = [[100 * (r.value - r.low) for r in rates], [100 * (r.high - r.value) for r in rates]]
        places = [number + shift for number in range(len(rates))]
        axes.errorbar(places, [100 * rate.value for rate in rates], reach, marker="o", capsize=3, label=label)
    axes.set_xticks(range(len(policies)), policies)
    axes.set_ylabel("success [%]")
    axes.set_ylim(-3, 103)
    axes.legend()
    return figure
