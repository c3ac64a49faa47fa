"""What every distribution over parameters can do, and the box that it lives in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.sampling import ParameterSampler

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Entropy:
    """Differential entropy over that of the uniform distribution over the manual ranges; 0 is as wide as those."""

    nats: float
    standard_error: float = 0.0
    """Of an estimate by sampling [nats]; 0 where the value is exact."""


class Distribution(ParameterSampler, Protocol):
    """A sampler that also knows how likely its draws are and how wide it is."""

    def log_prob(self, values: Array) -> Array:
        """Log density over the uniform one's [nats], shape (n,), of values in their units, shape (n, d)."""
        ...

    def entropy(self) -> Entropy:
        """How wide it is."""
        ...


class Box:
    """An interval of each of some parameters, inside their physical bounds."""

    def __init__(self, names: Sequence[str], low: ArrayLike, high: ArrayLike) -> None:
        """Ends in the parameters' units, shape (d,). Raises UnknownNameError, DexSim2RealError, SimError."""
        self.names = tuple(names)
        self.low, self.high = np.array(low, dtype=float), np.array(high, dtype=float)
        check_names(self.names)
        if self.low.shape != (len(self.names),) or self.high.shape != self.low.shape:
            raise SimError(f"{self.low.size} lower and {self.high.size} upper ends for {len(self.names)} parameters")
        for name, *ends in zip(self.names, self.low.tolist(), self.high.tolist(), strict=True):
            for end in ends:
                parameter(name).check(end)
            if not ends[0] < ends[1]:
                raise SimError(f"the interval of {name} is [{ends[0]:g}, {ends[1]:g}]; it must have a positive width")
        self.log_volume = float(np.log((self.high - self.low) / manual_ranges(self.names)[1]).sum())
        """Over that of the manual ranges [nats]."""

    def contains(self, values: Array) -> NDArray[np.bool_]:
        """Which rows of `values`, shape (n, d), lie inside, shape (n,)."""
        inside: NDArray[np.bool_] = np.logical_and.reduce((values >= self.low) & (values <= self.high), axis=1)
        return inside

    def uniform_log_prob(self, values: Array) -> Array:
        """Log density of the uniform distribution over the box, shape (n,), as Distribution.log_prob."""
        return np.where(self.contains(values), -self.log_volume, -np.inf)


def manual_ranges(names: Sequence[str]) -> tuple[Array, Array]:
    """Lower ends and widths of the manual ranges, each shape (d,). Raises UnknownNameError."""
    ranges = np.array([parameter(name).range for name in names]).reshape(-1, 2)
    return ranges[:, 0], ranges[:, 1] - ranges[:, 0]


def check_names(names: Sequence[str]) -> None:
    """Raise UnknownNameError or SimError unless `names` are parameters that may be drawn, each once."""
    for name in names:
        if parameter(name).frozen:
            raise SimError(f"parameter {name} is frozen at its nominal value and cannot be drawn; leave it out")
    if not names or len(set(names)) != len(names):
        raise SimError(f"parameters are {', '.join(names) or 'missing'}; name at least one, each only once")
