"""How well a method finds what a twin hides, from pictures of the twin alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.methods import find
from dexsim2real_sim import PARAMETERS, Twin
from dexsim2real_sim.randomization import Distribution
from dexsim2real_sim.randomization.method import Method

DRAWS = 4000


@dataclass(frozen=True)
class Recovery:
    """What one method found about one twin."""

    method: Method
    twin: int
    seed: int
    mean_error: float
    """Of the distribution's mean, over the manual range's width, mean over parameters."""
    draw_error: float
    """The same of a draw: also counts how wide the distribution is."""
    by_parameter: Mapping[str, float]
    """`mean_error` of each parameter."""
    entropy: float
    """Over uniform [nats]."""
    queries: int
    seconds: float


def recover(method: Method, twin: Twin, problem: Problem, config: FmDrConfig, folder: Path) -> Recovery:
    """Run a method on a problem whose references come from the twin; it goes on where it was interrupted in `folder`.

    Raises DexSim2RealError as the methods do.
    """
    found = find(method, problem, config, folder)
    each, cost = errors(found.distribution, problem.names, twin), found.cost
    mean, draw = each.mean(axis=0).tolist()
    by_parameter = dict(zip(problem.names, each[:, 0].tolist(), strict=True))
    return Recovery(
        method, twin.seed, config.seed, mean, draw, by_parameter, found.entropy.nats, cost.queries, cost.seconds
    )


def errors(distribution: Distribution, names: Sequence[str], twin: Twin) -> NDArray[np.float64]:
    """Distance of the mean, and mean distance of draws, from the twin's values, over the manual ranges' widths.

    Of each of `names`, shape (d, 2); those that the distribution does not draw are nominal.
    """
    drawn = dict(zip(distribution.names, distribution.sample(np.random.default_rng(0), DRAWS).T, strict=True))
    rows = []
    for name in names:
        values, width = drawn.get(name, np.array([PARAMETERS[name].nominal])), np.ptp(PARAMETERS[name].range)
        hidden = twin.values.get(name, PARAMETERS[name].nominal)
        rows.append((abs(values.mean() - hidden) / width, np.abs(values - hidden).mean() / width))
    return np.array(rows)
