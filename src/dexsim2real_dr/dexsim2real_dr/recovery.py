"""How well a method finds what a twin hides, from pictures or traces of the twin alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_dr.fm_dr.config import FmDrConfig
from dexsim2real_dr.fm_dr.search import Problem
from dexsim2real_dr.methods import find
from dexsim2real_dr.methods.dextreme import published
from dexsim2real_sim import PARAMETERS, Twin
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import AdrBox, Cost, Distribution
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

    DeXtreme leaves all nominal where it has no range. Raises DexSim2RealError as the methods do.
    """
    if method == "dextreme" and not published(problem.names):
        distribution, cost = _nearly_nominal(problem.names), Cost()
    else:
        found = find(method, problem, config, folder)
        distribution, cost = found.distribution, found.cost
    each, entropy = errors(distribution, problem.names, twin), distribution.entropy().nats
    mean, draw = each.mean(axis=0).tolist()
    by_parameter = dict(zip(problem.names, each[:, 0].tolist(), strict=True))
    return Recovery(method, twin.seed, config.seed, mean, draw, by_parameter, entropy, cost.queries, cost.seconds)


def _nearly_nominal(names: Sequence[str]) -> Distribution:
    """A thousandth of the manual ranges' width about the nominal values: a point has no density."""
    given = [parameter(name) for name in names]
    ends = np.array([(p.nominal - 5e-4 * np.ptp(p.range), p.nominal + 5e-4 * np.ptp(p.range)) for p in given])
    bounds = np.array([p.bounds for p in given])
    return AdrBox(names, *np.clip(ends, bounds[:, :1], bounds[:, 1:]).T)


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
