"""Where a trace first leaves a family of traces, with a false-alarm rate that is known beforehand.

Each trace is scored against all the others, the real one included among them: at every moment, how many standard
deviations is it from their mean, and how much of what it does is not explained by its own past? Contacts make some
moments wild and others not, so scores become what they would be worth by the tail of all traces' scores at that
moment: minus the logarithm of the probability of more (peaks over threshold, Pickands 1975). If the real trace
came from the family, its largest score would be as likely as any other's to be among the highest (conformal
prediction, Vovk et al. 2005), whatever the distribution. So a threshold at the rank that alpha asks for gives false
alarms in at most a share alpha of comparisons, over all channels and times together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from dexsim2real_description import DexSim2RealError

Array = NDArray[np.float64]

ALPHA = 0.02
"""Share of comparisons of a trace from inside the family that raise an alarm."""
WINDOW = 0.1
"""The past is taken this long before, and twice as long [s]."""
RIDGE = 0.01
"""Regularisation of the prediction from the past, per trace, for inputs of variance 1."""
TAIL = (0.2, 0.1, 0.05)
"""Shares of the traces whose scores tell what the tail is like."""
_LEAST_TAIL = 0.02
"""The tail is not taken to be narrower than this [standard deviations]."""
_SHAPES = (0.05, 2.0)
"""Of the tail: almost exponential, to wilder than anything with a mean."""
LASTING = 4
"""A divergence must last: scores are averaged over this many windows of the past."""


CHANGE = 0.9
"""From the onset on, roots of momentary scores are mostly above this share of the root of the score at the alarm."""


@dataclass(frozen=True)
class Divergence:
    """Where and when one channel left the family."""

    channel: str
    column: int
    """Which component of the channel."""
    onset: float
    """When it began to leave [s]."""
    alarm: float
    """When it was certain [s]."""
    size: float
    """Largest score within the window after the alarm, in units of the threshold (1 is just outside)."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """A real trace against a family."""

    p_value: float
    """Share of the traces (the real one among them) that stand out at least as much as the real one."""
    divergences: tuple[Divergence, ...]
    """One for each channel that left the family, the earliest first; empty if no alarm was raised."""
    scores: Mapping[str, Array]
    """Score of the real trace over time, in units of the threshold, shape (T,) for each channel."""

    @property
    def first(self) -> Divergence | None:
        """The earliest divergence, which is the one to act on."""
        return self.divergences[0] if self.divergences else None


def compare(
    times: Array,
    real: Mapping[str, Array],
    family: Mapping[str, Array],
    floors: Mapping[str, float],
    alpha: float = ALPHA,
) -> Comparison:
    """Compare a real trace with a family of N simulated ones.

    `times` [s] are even, but for gaps over which there is no past, shape (T,). For every channel, `real` has shape
    (T, D) and `family` (N, T, D); NaN marks what was not recorded. D should stay under N / 4 (sum touch over taxels
    before). `floors` are differences that never matter, in the channel's unit: noise and resolution of the sensor.
    Raises DexSim2RealError if N is too small for `alpha`.
    """
    count = len(next(iter(family.values())))
    if count + 1 < 1 / alpha:
        raise DexSim2RealError(
            f"a false-alarm rate of {alpha:g} needs {ceil(1 / alpha) - 1} traces in the family, there are {count}"
        )
    step = float(times[1] - times[0])
    window = max(1, round(WINDOW / step))
    begins = np.maximum.accumulate(np.where(np.diff(times, prepend=-np.inf) > 1.5 * step, np.arange(len(times)), 0))
    instant: dict[str, Array] = {}
    scores: dict[str, Array] = {}
    for name, values in real.items():
        traces = np.concatenate([family[name], values[None]])
        instant[name] = _improbability(_scores(traces, floors[name], window, begins), window)
        scores[name] = np.where(np.isfinite(traces), _lasting(instant[name], LASTING * window), 0.0)
    worst = np.max([np.max(values, axis=(1, 2)) for values in scores.values()], axis=0)
    threshold = max(float(np.sort(worst[:-1])[ceil((1 - alpha) * (count + 1)) - 1]), 1e-12)
    relative = {name: values[-1] / threshold for name, values in scores.items()}
    found = [
        _divergence(name, times, values, instant[name][-1] / threshold, window) for name, values in relative.items()
    ]
    return Comparison(
        float(np.mean(worst >= worst[-1])),
        tuple(sorted((d for d in found if d is not None), key=lambda d: d.onset)),
        {name: np.max(values, axis=1) for name, values in relative.items()},
    )


def _lasting(scores: Array, length: int) -> Array:
    """What lasts: the squared mean of the roots of the last `length` samples, shape (M, T, D).

    Contacts that happen a moment earlier or later make scores that are high for a moment.
    """
    total = np.cumsum(np.sqrt(scores), axis=1)
    total[:, length:] -= total[:, :-length].copy()
    return np.asarray((total / length) ** 2)


def _improbability(scores: Array, window: int) -> Array:
    """Minus the logarithm of how probable each score is as a score of that moment and component, shape (M, T, D).

    A generalised Pareto tail beyond the highest fifth of all traces, from three quantiles that are smoothed over time.
    """
    ordered = -np.sort(-scores, axis=0)
    fifth, tenth, twentieth = (
        uniform_filter1d(ordered[int(len(scores) * share)], 2 * window + 1, axis=0, mode="nearest") for share in TAIL
    )
    near, far = np.maximum(tenth - fifth, _LEAST_TAIL), np.maximum(twentieth - fifth, 2 * _LEAST_TAIL)
    shape = np.clip(np.log2(np.maximum(far / near - 1, 1.0)), *_SHAPES)
    scale = near * shape / (2**shape - 1)
    beyond = np.maximum(scores - fifth, 0.0) / scale
    return np.asarray(np.log1p(shape * beyond) / shape)


def _scores(traces: Array, floor: float, window: int, begins: NDArray[np.intp]) -> Array:
    """Each trace against all the others, in value and in news, shape (M, T, D)."""
    known = np.isfinite(traces)
    mean = np.sum(np.where(known, traces, 0.0), axis=0) / np.maximum(known.sum(axis=0), 1)
    centred = np.where(known, traces - mean, 0.0)
    return np.maximum(_deviation(centred, known, floor), np.where(known, _news(centred, floor, window, begins), 0.0))


def _deviation(centred: Array, known: NDArray[np.bool_], floor: float) -> Array:
    """Distance of each trace from the mean of the others, in their standard deviations, shape (M, T, D)."""
    others = np.maximum(known.sum(axis=0) - known, 1)
    mean = (centred.sum(axis=0) - centred) / others
    square = ((centred**2).sum(axis=0) - centred**2) / others
    spread = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.asarray(np.where(known, np.abs(centred - mean) / (spread + floor), 0.0))


def _news(centred: Array, floor: float, window: int, begins: NDArray[np.intp]) -> Array:
    """What a trace does that its own past does not explain, in standard deviations of the others, shape (M, T, D).

    At every moment, ridge regression over the traces predicts the values from those one and two windows before;
    a trace that is odd from the start, but steadily so, brings no news. Residuals leave each trace out (by the
    hat matrix). `begins` are the samples at which the part without a gap that a sample is in began, shape (T,).
    """
    news = np.zeros_like(centred)
    count = len(centred)
    for t in np.flatnonzero(np.arange(len(begins)) - begins >= window):
        past = np.concatenate([centred[:, t - window], centred[:, max(t - 2 * window, begins[t])]], axis=1)
        past = past / (past.std(axis=0) + floor)
        hat = past @ np.linalg.solve(past.T @ past + RIDGE * count * np.eye(past.shape[1]), past.T)
        residual = (centred[:, t] - hat @ centred[:, t]) / (1 - np.diag(hat))[:, None]
        spread = np.sqrt(((residual**2).sum(axis=0) - residual**2) / (count - 1))
        news[:, t] = np.abs(residual) / (spread + floor)
    return news


def _divergence(name: str, times: Array, scores: Array, instant: Array, window: int) -> Divergence | None:
    """The first crossing of the threshold, which is 1, in scores of shape (T, D); `instant` before averaging."""
    top = scores.max(axis=1)
    crossings = np.flatnonzero(top > 1.0)
    if not len(crossings):
        return None
    alarm = int(crossings[0])
    column = int(np.argmax(scores[alarm]))
    onset = _change(np.sqrt(instant[: alarm + 1, column]) - CHANGE * np.sqrt(scores[alarm, column]))
    size = float(top[alarm : alarm + window + 1].max())
    return Divergence(name, column, float(times[onset]), float(times[alarm]), size)


def _change(excess: Array) -> int:
    """Where values that were negative turned positive: the lowest point of their sum so far (Page 1954), of (T,)."""
    return int(np.argmin(np.concatenate([[0.0], np.cumsum(excess[:-1])])))
