"""What a trace says about the parameters of the cell that made it, and which of them stands out.

Simulated rollouts of the same commands, some with parameters far outside the family, teach a regression of parameters
on traces (`features`, `ridge`). Applied to the recording it gives a value of every parameter. A parameter explains
the recording as far as its value is unusual: measured in standard deviations of what the same regression says of the
family's own members, left out of it one by one. A parameter that the motion does not show is estimated to be in the
middle, whatever it is, and never stands out by more than chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.delay_model import GROUPS, DelayModel, delay_parts
from dexsim2real_audit.features import Features
from dexsim2real_audit.signals import Signals
from dexsim2real_audit.trace import POSITION
from dexsim2real_sim import PARAMETERS
from dexsim2real_sim.ridge import Ridge

Array = NDArray[np.float64]

CHANCE: tuple[str, ...] = ("action_noise", "push_acceleration", "push_rate", "touch_drift")
"""Parameters of random disturbances: their direction is chance, so that a trace does not tell them."""
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
WIDE_SHARE = 0.25
"""Of the parameters of a rollout that teaches the regression, those drawn from where causes are looked for."""


@dataclass(frozen=True)
class Cause:
    """A parameter as an explanation."""

    parameter: str
    value: float
    """Estimated, in its unit."""
    error: float
    """Root mean square error of such estimates on simulated rollouts that were left out."""
    stands_out: float
    """Distance from what is estimated of the family's members, in their standard deviations."""
    told: float
    """Share of the parameter's variance that the motion tells, 0 to 1."""
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


def candidates(names: Sequence[str]) -> tuple[str, ...]:
    """The parameters among `names` that may explain a trace."""
    return tuple(n for n in names if PARAMETERS[n].factor in FACTORS and n not in (*CHANCE, *IMAGES))


def widened(ranges: Ranges, draws: Array, rng: np.random.Generator) -> Array:
    """`draws` of the family, shape (n, d), some parameters of each drawn anew from where causes are looked for.

    The first row is the middle of the family.
    """
    table = draws.copy()
    for name in candidates(ranges.names):
        far = rng.random(len(table)) < WIDE_SHARE
        table[far, ranges.names.index(name)] = rng.uniform(*ranges.wider(name), far.sum())
    table[0] = ranges.middle
    return table


class CauseModel:
    """Estimates parameters from traces, and knows how such estimates of the family's members scatter."""

    def __init__(
        self,
        family: Signals,
        draws: Array,
        wide: Signals,
        wide_draws: Array,
        ranges: Ranges,
        floors: Mapping[str, float],
    ) -> None:
        """`family` and `wide` have shape (N, T, D) for each channel, their parameters (N, d), columns as `ranges`."""
        self._names, self._ranges = candidates(ranges.names), ranges
        columns = [ranges.names.index(name) for name in self._names]
        self._features = Features(family, floors)
        inside, outside = (_whole(part) for part in (family, wide))
        every = {name: np.concatenate([family[name][inside], wide[name][outside]]) for name in family}
        known = np.concatenate([draws[inside], wide_draws[outside]])
        wanted = known[:, columns]
        self._ridge = Ridge(self._features(every), wanted)
        varied = [group for group in GROUPS if POSITION in family and set(delay_parts(group)) & set(self._names)]
        self.delays = {group: DelayModel(group, every, known, ranges.names, floors) for group in varied}
        """From command to reading, by group of joints; of those whose delay was varied."""
        members = self._ridge.left_out[: inside.sum()]
        self._usual, self._spread = members.mean(axis=0), members.std(axis=0) + 1e-12
        self._told = np.clip(1 - self._ridge.error**2 / np.maximum(wanted.var(axis=0), 1e-24), 0.0, 1.0)
        self._worst = np.abs((members - self._usual) / self._spread).max(axis=1, initial=0.0)

    def p_value(self, causes: Sequence[Cause]) -> float:
        """How often a member (the trace with these causes among them) has a parameter that stands out so much."""
        most = max((cause.stands_out for cause in causes), default=0.0)
        return float((1 + np.sum(self._worst >= most)) / (1 + len(self._worst)))

    def causes(self, trace: Signals) -> list[Cause]:
        """All parameters, the one that stands out most first; `trace` has shape (T, D) for each channel."""
        found = self._ridge(self._features({name: values[None] for name, values in trace.items()}))[0]
        stands_out = np.abs((found - self._usual) / self._spread)
        causes = [
            Cause(
                name,
                float(np.clip(found[k], *PARAMETERS[name].bounds)),
                float(self._ridge.error[k]),
                float(stands_out[k]),
                float(self._told[k]),
                float(self._ranges.low[self._ranges.names.index(name)]),
                float(self._ranges.high[self._ranges.names.index(name)]),
            )
            for k, name in enumerate(self._names)
        ]
        return sorted(causes, key=lambda cause: -cause.stands_out)


def _whole(traces: Signals) -> NDArray[np.bool_]:
    """Which of the traces, shape (N, T, D) for each channel, did not break down, shape (N,)."""
    return np.asarray(np.all([np.isfinite(values).all(axis=(1, 2)) for values in traces.values()], axis=0))
