"""Automatic domain randomisation with a critic's marks in the place of a policy's performance: a baseline.

Akkaya et al. (2019), algorithm 1: one parameter at an end of its interval, the others drawn from theirs; an end with
enough results moves outwards if they are good and inwards if they are bad. Their thresholds are fixed rates of
success. A critic's marks have no natural ones, so here they are the 40 and 60 % quantiles of all marks so far (our
choice), as are the start, a fifth of the manual range about the nominal value, and the step, a tenth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.methods.method import Ask
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import AdrBox

START, STEP = 0.2, 0.1
"""Width of the first interval and of a step, over the manual range's width."""
GATHER = 3
"""Results at an end before it moves. Akkaya et al. have 240, more than the whole budget here."""
QUANTILES = (0.4, 0.6)


def adr(names: Sequence[str], ask: Ask, queries: int, seed: int) -> AdrBox:
    """The intervals after so many queries. Raises UnknownNameError for a parameter that does not exist."""
    rng = np.random.default_rng([seed, 11])
    box, scores = start(names), []
    gathered: dict[tuple[str, str], list[float]] = defaultdict(list)
    for _ in range(queries):
        draw = box.sample_boundary(rng)
        mark = ask(draw.values[None])[0]
        if not np.isfinite(mark):
            continue
        scores.append(mark)
        results = gathered[draw.name, draw.end]
        results.append(mark)
        if len(results) == GATHER:
            low, high = np.quantile(scores, QUANTILES)
            way = int(np.mean(results) >= high) - int(np.mean(results) <= low)
            box = box.moved(draw.name, draw.end, way * STEP * float(np.ptp(parameter(draw.name).range)))
            results.clear()
    return box


def start(names: Sequence[str]) -> AdrBox:
    """A narrow interval about each nominal value."""
    ends = []
    for p in map(parameter, names):
        half = START / 2 * (p.range[1] - p.range[0])
        ends.append((max(p.bounds[0], p.nominal - half), min(p.bounds[1], p.nominal + half)))
    return AdrBox(names, *np.transpose(ends))
