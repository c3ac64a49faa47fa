"""Which parameter, when moved, explains most of how a trace differs from its family.

Each parameter is moved alone, in simulation, from the middle of the family over and beyond its range; between the
simulated values traces are interpolated. A parameter explains the trace as far as its best value makes the trace more
likely as a member of the family: a difference that the family shows anyway weighs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.family_model import FamilyModel
from dexsim2real_audit.signals import Signals
from dexsim2real_sim import PARAMETERS

Array = NDArray[np.float64]

CHANCE: tuple[str, ...] = ("action_noise", "push_acceleration", "push_rate", "touch_drift")
"""Parameters of random disturbances: their direction is chance, so that a move of theirs explains nothing."""
NOISE: tuple[str, ...] = (
    "position_noise",
    "velocity_noise",
    "torque_noise",
    "touch_noise_shear",
    "touch_noise_normal",
)
"""Parameters that show in the noise of a trace only, not in its motion."""
IMAGES: tuple[str, ...] = ("image_noise", "depth_noise", "image_lag")
FACTORS: tuple[str, ...] = ("contact", "object", "actuation", "touch", "observation", "table_height")
"""Factors that traces without images can show."""
DOUBT = 0.3
"""A move's effect was simulated among other values of all other parameters than those of the trace, and contacts
multiply differences: so much of the effect may be uncertain, whichever makes the trace likelier."""
BETWEEN = np.array([0.25, 0.5, 0.75, 1.0])
"""Where between two simulated values a cause is looked for."""


@dataclass(frozen=True)
class Cause:
    """A parameter as an explanation."""

    parameter: str
    share: float
    """How much of what makes the trace unlikely it explains, 0 to 1."""
    value: float
    """At which it does so best, in its unit."""
    low: float
    high: float
    """What the family was drawn from."""

    @property
    def outside(self) -> bool:
        """Whether the family leaves this value out."""
        return not self.low <= self.value <= self.high


@dataclass(frozen=True, eq=False)
class Ranges:
    """What a family was drawn from, parameter by parameter."""

    names: tuple[str, ...]
    low: Array
    middle: Array
    high: Array
    """Shape (d,) each."""

    @classmethod
    def of(cls, names: Sequence[str], draws: Array) -> Ranges:
        """From many draws, shape (n, d)."""
        return cls(tuple(names), draws.min(axis=0), np.median(draws, axis=0), draws.max(axis=0))

    def wider(self, name: str) -> tuple[float, float]:
        """Where a cause is looked for: half a width beyond family and manual range, inside the physical bounds."""
        i, p = self.names.index(name), PARAMETERS[name]
        low, high = min(self.low[i], p.range[0]), max(self.high[i], p.range[1])
        margin = 0.5 * (self.high[i] - self.low[i])
        return max(p.bounds[0], float(low - margin)), min(p.bounds[1], float(high + margin))


Move = tuple[str, float]
"""A parameter and the value it is moved to."""


def candidates(names: Sequence[str]) -> tuple[str, ...]:
    """The parameters among `names` that may explain a trace."""
    return tuple(n for n in names if PARAMETERS[n].factor in FACTORS and n not in (*CHANCE, *IMAGES))


def moves_of(ranges: Ranges, names: Sequence[str], count: int) -> list[Move]:
    """`count` values for each of `names`, evenly over where a cause is looked for."""
    return [(name, float(value)) for name in names for value in np.linspace(*ranges.wider(name), count)]


def table_of(ranges: Ranges, moves: Sequence[Move]) -> Array:
    """Parameter values, shape (1 + moves, d): the middle of the family, then one row per move."""
    table = np.tile(ranges.middle, (len(moves) + 1, 1))
    for row, (name, value) in enumerate(moves, 1):
        table[row, ranges.names.index(name)] = value
    return table


def rank_causes(
    model: FamilyModel, trace: Signals, moved: Signals, moves: Sequence[Move], ranges: Ranges
) -> list[Cause]:
    """All moved parameters, the best explanation first.

    `trace` has shape (1, T, D); `moved`, shape (1 + moves, T, D), is what the rows of `table_of` gave.
    """
    feature = model.features(trace)[0]
    shifts = model.features(moved)
    shifts -= shifts[0].copy()
    unmoved = model.log_likelihood(feature)
    missing = max(model.usual - unmoved, 1.0)
    causes = []
    for name in dict.fromkeys(name for name, _ in moves):
        i = ranges.names.index(name)
        seen = model.noise if name in NOISE else ~model.noise
        rows = [(ranges.middle[i], 0), *((v, k) for k, (n, v) in enumerate(moves, 1) if n == name)]
        path = [(float(value), shifts[row] * seen) for value, row in sorted(rows)]
        value, likely = _best(model, feature, path)
        share = float(np.clip((likely - unmoved) / missing, 0.0, 1.0))
        causes.append(Cause(name, share, value, float(ranges.low[i]), float(ranges.high[i])))
    return sorted(causes, key=lambda cause: -cause.share)


def _best(model: FamilyModel, feature: Array, path: Sequence[tuple[float, Array]]) -> tuple[float, float]:
    """The value on a path of simulated values and shifts at which a trace is most likely, and how likely."""
    places = [path[0]]
    for (a, before), (b, after) in pairwise(path):
        places += [(float(a + s * (b - a)), before + s * (after - before)) for s in BETWEEN]
    tried = [
        (value, max(model.log_likelihood(feature, shift, doubt) for doubt in (0.0, DOUBT))) for value, shift in places
    ]
    return max(tried, key=lambda found: found[1])
