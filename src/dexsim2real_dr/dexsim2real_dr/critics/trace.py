"""Scores motion and touch: what a candidate's traces say of its parameters against what recorded ones say of theirs.

Simulated rollouts with known parameters teach a regression of the parameters on traces, whose values are the summaries
that are compared (semi-automatic summary statistics: Fearnhead and Prangle 2012). So what a motion does not tell drops
out, and what parameters do that are not looked for is averaged away, if it varies among the rollouts.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.trace import COMMAND, EFFORT, OBJECTS, POSITION, TOUCH, Channel, Stamps, Trace
from dexsim2real_description import HAND_JOINTS
from dexsim2real_dr.critics.critic import Array, Critic, Differences, Evidence, Scores, to_score
from dexsim2real_dr.errors import CriticError
from dexsim2real_sim.quaternions import matrices
from dexsim2real_sim.ridge import Ridge

WINDOW = 0.1
"""Traces are compared by their means over windows of this length [s]."""
SHARE = 1 / 3
"""Of a parameter's standard deviation among the rollouts; with the error of its estimate it is one unit."""
TOLD = 0.2
"""A parameter of whose variance traces tell less does not count."""
MOST = 10.0
"""Larger differences count as this, in units, and larger deviations of a trace, in what is usual."""
PLACE, TURN = "object.place", "object.turn"
CHANNELS = {POSITION: 5e-3, EFFORT: 0.1, TOUCH: 0.25, PLACE: 5e-3, TURN: 0.05}
"""What is compared, and differences that do not matter: some times the noise and play of a robot, since it has effects
that no simulator has [rad, N m, N, m, 1]. Torques are those of the hand: the arm's carry whatever is mounted on it."""
FEWEST = 8
"""Rollouts that a regression needs."""


@dataclass(frozen=True)
class _Summaries:
    """The regression, from those parts of a trace that the references have."""

    ridge: Ridge
    told: Array
    """Share of each parameter's variance that is told, shape (p,)."""
    unit: Array


class TraceCritic(Critic):
    """Differences in what traces say of parameters, in units of the error of that and a third of their spread."""

    name = "trace"

    def __init__(self, rollouts: Iterable[Evidence], names: Sequence[str], values: Array) -> None:
        """`rollouts` with parameters of known `values`, shape (n, len(names)).

        Raises CriticError for fewer than eight of them whose physics did not break down.
        """
        self.names = tuple(names)
        rows = [_windows(evidence.traces, evidence.traces) for evidence in rollouts]
        self._sizes = {name: len(part) for name, part in rows[0].items()} if rows else {}
        table = np.array([np.concatenate([[], *row.values()]) for row in rows]).reshape(len(rows), -1)
        whole = np.isfinite(table).all(axis=1) & (table.shape[1] > 0)
        if whole.sum() < FEWEST:
            raise CriticError(f"{whole.sum()} rollouts with traces to learn from; the trace critic needs {FEWEST}")
        table, self._values = table[whole], np.asarray(values, float)[whole]
        floors = np.repeat([CHANNELS[name] for name in self._sizes], list(self._sizes.values()))
        self._mean, self._scale = table.mean(axis=0), table.std(axis=0) + floors
        self._table = self._scaled(table)
        self._learned: dict[bytes, _Summaries] = {}

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate by what the references have. Raises CriticError if that tells nothing."""
        begin = time.perf_counter()
        if not references.traces or any(len(c.traces) != len(references.traces) for c in candidates):
            raise CriticError(f"{len(references.traces)} reference traces; every candidate needs as many, one or more")
        wanted = self._row(references, references)
        known = np.isfinite(wanted)
        learned = self._summaries(known)
        rows = np.array([self._row(candidate, references)[known] for candidate in candidates])
        broken = ~np.isfinite(rows).all(axis=1)
        aim = self._aim(learned, wanted[known])
        values = (learned.ridge(np.nan_to_num(rows)) - aim) / learned.unit
        values = np.clip(np.where(broken[:, None], MOST, values), -MOST, MOST)
        weights = np.where(learned.told < TOLD, 0.0, learned.told)
        differences = Differences(values, weights / weights.sum())
        said = tuple(self._say(row, differences.weights) for row in values)
        return Scores(to_score(differences.distances), said, len(candidates), time.perf_counter() - begin, differences)

    def _aim(self, learned: _Summaries, wanted: Array) -> Array:
        """What a candidate with the references' most likely values is expected to say, shape (p,).

        The regression says the mean of what parameters may be. So where it tells half of a parameter, half of what it
        says about the references is owed to others, which a candidate does not share.
        """
        usual = self._values.mean(axis=0)
        likely: Array = usual + learned.told * (learned.ridge(wanted[None])[0] - usual)
        return likely

    def _summaries(self, known: NDArray[np.bool_]) -> _Summaries:
        """Learned once for each set of parts."""
        key = known.tobytes()
        if key not in self._learned:
            if not known.any():
                raise CriticError("the references have nothing that simulation has; record the same motion")
            ridge, spread = Ridge(self._table[:, known], self._values), self._values.std(axis=0)
            told = np.clip(1 - (ridge.error / np.maximum(spread, 1e-12)) ** 2, 0.0, 1.0)
            if told.max() < TOLD:
                raise CriticError(f"these motions tell nothing of {', '.join(self.names)}; use others")
            self._learned[key] = _Summaries(ridge, told, ridge.error + SHARE * spread)
        return self._learned[key]

    def _row(self, evidence: Evidence, timed: Evidence) -> Array:
        """All parts of a trace, in what is usual, nan where it has none. Raises CriticError for another length."""
        found = _windows(evidence.traces, timed.traces)
        parts = [found.get(name, np.full(size, np.nan)) for name, size in self._sizes.items()]
        if [len(part) for part in parts] != list(self._sizes.values()):
            raise CriticError("the references are longer or shorter than what is simulated; record the same motion")
        return self._scaled(np.concatenate(parts))

    def _scaled(self, rows: Array) -> Array:
        scaled: Array = np.clip((rows - self._mean) / self._scale, -MOST, MOST)
        return scaled

    def _say(self, row: Array, weights: Array) -> str:
        worst = int(np.argmax(np.abs(row) * weights))
        return f"{self.names[worst]} seems to differ most, by {row[worst]:+.1f} units"


def _windows(traces: Sequence[Trace], timed: Sequence[Trace]) -> dict[str, Array]:
    """Means over the windows of all traces together, by channel, shape (F,).

    Windows begin with the first command of each trace, and are as many as the trace in `timed` has.
    """
    parts: dict[str, list[Array]] = {}
    for trace, other in zip(traces, timed, strict=True):
        begin, span = trace[COMMAND].stamps[0], other[COMMAND].stamps
        edges = np.arange(0, span[-1] - span[0] + 1, round(WINDOW * 1e9), dtype=np.int64) + begin
        for name, stamps, values in _compared(trace):
            parts.setdefault(name, []).append(_means(stamps, values, edges).ravel())
    return {name: np.concatenate(parts[name]) for name in CHANNELS if name in parts}


def _compared(trace: Trace) -> Iterable[tuple[str, Stamps, Array]]:
    """Joints, torques of the hand, net force of each finger, and where objects are and how they lie, shape (T, D)."""
    for name, channel in trace.channels.items():
        values = channel.values
        if name == POSITION:
            yield name, channel.stamps, values
        elif name == EFFORT:
            yield name, channel.stamps, values[:, _hand(channel)]
        elif name == TOUCH:
            yield name, channel.stamps, values.sum(axis=2).reshape(len(values), -1)
        elif name == OBJECTS:
            yield PLACE, channel.stamps, values[:, :, :3].reshape(len(values), -1)
            yield TURN, channel.stamps, matrices(values[:, :, 3:]).reshape(len(values), -1)


def _hand(channel: Channel) -> list[int]:
    return [channel.labels.index(joint) for joint in HAND_JOINTS]


def _means(stamps: Stamps, values: Array, edges: Stamps) -> Array:
    """Mean of the samples in each window, nan where there is none, shape (windows, D)."""
    ends = np.searchsorted(stamps, edges)
    return np.array(
        [
            values[low:high].mean(axis=0) if high > low else np.full(values.shape[1], np.nan)
            for low, high in itertools.pairwise(ends)
        ]
    )
