"""What to change about a randomization: the range of one cause, tried in simulation before it is suggested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.causes import Cause
from dexsim2real_audit.envelope import distance
from dexsim2real_audit.prediction import Prediction, simulate
from dexsim2real_audit.signals import FLOORS, Signals
from dexsim2real_audit.windows import Window
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import PARAMETERS, Uniform
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.randomization import AdrBox, Distribution, Granular, Independent, Mixture

Array = NDArray[np.float64]

TRIED = 3
"""Causes that are tried, the best explanations first."""
NARROWER = 0.5
"""Width of the new range over that of the old one: the recording told something."""


@dataclass(frozen=True)
class Suggestion:
    """A new range of one parameter, and what it did to the gap in simulation."""

    parameter: str
    low: float
    high: float
    before: float
    """Distance of the recording from the family, over a member's, the mean of all channels."""
    after: float
    """The same with the new range."""


def suggest(
    cell: Counterpart,
    windows: Sequence[Window],
    prediction: Prediction,
    real: Signals,
    causes: Sequence[Cause],
    seed: int = 0,
) -> list[Suggestion]:
    """New ranges for the first causes: first the likeliest of those that bring the family closer to the recording.

    The same cells with the old ranges are what each is compared with, so that only the range makes the difference.
    """
    tried = [(cause, *new_range(cause)) for cause in causes[:TRIED]]
    each = cell.num_envs // max(1, len(tried))
    tables = []
    for cause, low, high in tried:
        table = prediction.draws[:each].copy()
        column = prediction.ranges.names.index(cause.parameter)
        table[:, column] = np.linspace(low, high, each)[np.random.default_rng(seed).permutation(each)]
        tables.append(table)
    if not tables:
        return []
    family = simulate(cell, windows, prediction.ranges.names, np.concatenate(tables), seed + 7)
    same = {name: values[:each] for name, values in prediction.family.items()}
    before = gap(real, same, prediction.family)
    found = []
    for place, (cause, low, high) in enumerate(tried):
        part = {name: values[place * each : (place + 1) * each] for name, values in family.items()}
        found.append(Suggestion(cause.parameter, low, high, before, gap(real, part, prediction.family)))
    return sorted(found, key=lambda suggestion: suggestion.after >= suggestion.before)


def new_range(cause: Cause) -> tuple[float, float]:
    """Half as wide as the old range, around the value that explains most, inside the physical bounds."""
    low, high = PARAMETERS[cause.parameter].bounds
    half = max(NARROWER * (cause.high - cause.low) / 2, 1e-6)
    middle = float(np.clip(cause.value, low + half, high - half))
    return middle - half, middle + half


def gap(real: Signals, family: Signals, usual: Signals) -> float:
    """Distance of a trace from a family's middle, over that of a member of `usual` from its own, mean of channels.

    Both with what never matters about a channel added, so that an object that nobody moved is no gap.
    """
    ratios = []
    for name, values in real.items():
        own, floor = distance(values, usual[name]).usual, FLOORS[name]
        ratios.append((distance(values, family[name]).rms + floor) / (own + floor))
    return float(np.mean(ratios))


def changed(distribution: Distribution, suggestion: Suggestion) -> Distribution:
    """`distribution` with the suggested range for its parameter and all others as they were.

    Raises DexSim2RealError for a kind of distribution that cannot be taken apart.
    """
    if isinstance(distribution, Granular):
        return Granular(changed(distribution.of, suggestion), distribution.frame)
    name = suggestion.parameter
    box = AdrBox([name], [suggestion.low], [suggestion.high])
    rest = _without(distribution, name)
    return box if rest is None else Independent([rest, box])


def _without(distribution: Distribution, name: str) -> Distribution | None:
    """What `distribution` says of all parameters but one; None if that leaves nothing."""
    kept = [i for i, other in enumerate(distribution.names) if other != name]
    names = [distribution.names[i] for i in kept]
    if not names:
        return None
    match distribution:
        case Uniform():
            return Uniform(names)
        case AdrBox(low=low, high=high):
            return AdrBox(names, low[kept], high[kept])
        case Mixture(low=low, high=high, weights=weights, means=means, scales=scales):
            return Mixture(names, low[kept], high[kept], weights, means[:, kept], scales[:, kept])
        case Independent(parts=parts):
            left = [part for part in (_without(part, name) for part in parts) if part is not None]
            return left[0] if len(left) == 1 else Independent(left)
        case _:
            raise DexSim2RealError(f"a range of a {type(distribution).__name__} cannot be changed; use an AdrBox")
