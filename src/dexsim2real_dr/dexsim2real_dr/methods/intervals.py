"""Which interval of each parameter survives on its own: the first half of DrEureka (Ma et al. 2024)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.coding import Coding
from dexsim2real_dr.methods.method import Ask
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import AdrBox

FEWEST = 3
"""Levels of a parameter that make an interval."""


def surviving(names: Sequence[str], ask: Ask, queries: int) -> AdrBox:
    """The interval of each parameter in which the score is no worse than with all parameters nominal.

    Each is tried at even levels over the box that a search may use, all others nominal; DrEureka has fixed success
    rates as thresholds, which a critic's marks do not have. An interval reaches half way to the levels beyond it. A
    parameter of which no level survives keeps the best one. Raises SearchError if there are too few queries.
    """
    levels = (queries - 1) // len(names)
    if levels < FEWEST:
        raise SearchError(
            f"{queries} queries for {len(names)} parameters; DrEureka needs {1 + FEWEST * len(names)} or more"
        )
    box = Coding.of(names, 1)
    nominal = np.array([parameter(name).nominal for name in names])
    tried = box.low + np.linspace(0, 1, levels)[:, None] * (box.high - box.low)
    threshold = float(ask(nominal[None])[0])
    ends = [_interval(tried[:, i], ask(_varied(nominal, i, tried[:, i])), threshold) for i in range(len(names))]
    return AdrBox(names, *np.transpose(ends))


def _varied(nominal: Array, which: int, levels: Array) -> Array:
    """Rows of nominal values, one of them varied, shape (levels, d)."""
    rows = np.tile(nominal, (len(levels), 1))
    rows[:, which] = levels
    return rows


def _interval(levels: Array, scores: Array, threshold: float) -> tuple[float, float]:
    """Around the best level, as far as all levels survive; failures of the critic do not."""
    known = np.where(np.isfinite(scores), scores, -np.inf)
    low = high = int(np.argmax(known))
    while low > 0 and known[low - 1] >= threshold:
        low -= 1
    while high < len(levels) - 1 and known[high + 1] >= threshold:
        high += 1
    half = (levels[1] - levels[0]) / 2
    return max(levels[0], levels[low] - half), min(levels[-1], levels[high] + half)
