"""What simulation says about a recording: a family drawn from a randomization, and cells far outside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.causes import CauseModel, Ranges, widened
from dexsim2real_audit.rollout import rollout_family
from dexsim2real_audit.signals import FLOORS, Signals, signals_of
from dexsim2real_audit.trace import Stamps, Trace
from dexsim2real_audit.windows import Window
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import ParameterSampler
from dexsim2real_sim.counterpart import Counterpart

Array = NDArray[np.float64]

EVERY = 2
"""Ticks per compared sample: 60 of 120 Hz."""
WIDE = 2
"""Cells outside the family that teach what parameters do, for each one inside."""
_DRAWS = 2000
"""For the ranges of a distribution."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Simulated counterparts of the windows of one recording, one window after the other."""

    stamps: Stamps
    """Of the compared samples [ns], shape (T,)."""
    ranges: Ranges
    draws: Array
    """Parameters of the family, shape (N, d), columns as `ranges.names`."""
    family: Signals
    """Shape (N, T, D) for each channel."""
    wide_draws: Array
    wide: Signals
    """The same of cells outside the family, the first of which is the family's middle, shape (M, ...)."""

    def real(self, trace: Trace, bodies: Sequence[str]) -> Signals:
        """The same channels of the recording, those that it has, shape (T, D) each."""
        found = signals_of(trace, self.stamps, bodies)
        return {name: values for name, values in found.items() if np.isfinite(values).any()}

    def cause_model(self, channels: Sequence[str]) -> CauseModel | None:
        """What estimates parameters from these channels; None if nothing was simulated that could teach it."""
        if len(self.wide_draws) < 2:
            return None
        family, wide = ({name: signals[name] for name in channels} for signals in (self.family, self.wide))
        return CauseModel(family, self.draws, wide, self.wide_draws, self.ranges, FLOORS)


def predict(
    cell: Counterpart, windows: Sequence[Window], sampler: ParameterSampler, seed: int = 0, causes: bool = True
) -> Prediction:
    """Simulate the windows with parameters drawn from `sampler`, and, to find causes, with others outside it."""
    rng = np.random.default_rng([seed, 11])
    ranges = Ranges.of(sampler.names, sampler.sample(np.random.default_rng(0), _DRAWS))
    draws = sampler.sample(rng, cell.num_envs)
    family = simulate(cell, windows, ranges.names, draws, seed)
    table = widened(ranges, sampler.sample(rng, WIDE * cell.num_envs if causes else 1), rng)
    wide = simulate(cell, windows, ranges.names, table, seed + 1)
    stamps = np.concatenate([window.stamps[EVERY - 1 :: EVERY] for window in windows])
    return Prediction(stamps, ranges, draws, family, table, wide)


def simulate(cell: Counterpart, windows: Sequence[Window], names: Sequence[str], table: Array, seed: int) -> Signals:
    """All windows with the parameters of each row of `table`, shape (n, d): signals of shape (n, T, D).

    As many rows at a time as there are cells. Raises DexSim2RealError if the physics of most cells breaks down.
    """
    parts = []
    for first in range(0, len(table), cell.num_envs):
        rows = table[first : first + cell.num_envs]
        filled = np.concatenate([rows, np.tile(rows[:1], (cell.num_envs - len(rows), 1))])
        done = [_one(cell, window, names, filled, seed + first) for window in windows]
        parts.append({name: np.concatenate([each[name][: len(rows)] for each in done], axis=1) for name in done[0]})
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    broken = np.mean([np.isnan(values).any(axis=(1, 2)).mean() for values in whole.values()])
    if broken > 0.5:
        raise DexSim2RealError(
            f"physics broke down in {100 * broken:.0f} % of the simulations; "
            "check task, objects and where the recording begins"
        )
    return whole


def _one(cell: Counterpart, window: Window, names: Sequence[str], table: Array, seed: int) -> Signals:
    cell.begin(names, table, window.start, seed)
    return rollout_family(cell, window.commands, EVERY)
