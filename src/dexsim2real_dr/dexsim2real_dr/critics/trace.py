"""Scores motion and touch: a candidate's traces against recorded ones, told the same commands from the same start."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

import numpy as np

from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH, Channel, Stamps, Trace
from dexsim2real_dr.critics.critic import Array, Critic, Differences, Evidence, Scores, to_score
from dexsim2real_dr.errors import CriticError

WINDOW = 0.1
"""Traces are compared by their means over windows of this length [s]."""
SHARE = 1 / 3
"""Of the spread over the manual ranges that counts as one: a usual draw then has half of the marks."""
FLOORS = {POSITION: 1e-3, TOUCH: 0.05, OBJECTS: 1e-3}
"""Differences that do not matter: play of gears [rad], noise of a finger's sum of taxels [N], a millimetre."""
MOST = 10.0
"""Larger differences count as this: what slips or falls a moment later is elsewhere altogether."""


class TraceCritic(Critic):
    """Distances per channel, in units of how much each varies over a family of candidates."""

    name = "trace"

    def __init__(self, family: Sequence[Evidence]) -> None:
        """`family` are draws from the manual ranges. Raises CriticError without two of them or without traces."""
        if len(family) < 2 or not family[0].traces:
            raise CriticError(f"{len(family)} draws to compare with; the trace critic needs two or more with traces")
        rows = [_windows(evidence.traces, evidence.traces) for evidence in family]
        self._channels = list(rows[0])
        self._spread, self._floor, owner = self._scales(rows)
        self._unit = self._floor + SHARE * self._spread
        # within a channel, what varies with the parameters counts; channels count the same
        told = self._spread / (self._spread + self._floor)
        sums = np.bincount(owner, told, len(self._channels))
        self._weights = told / np.maximum(sums, 1e-9)[owner] / max(np.count_nonzero(sums), 1)
        self._owner = owner

    def _scales(self, rows: Sequence[dict[str, Array]]) -> tuple[Array, Array, Array]:
        """Of every part: median distance of the family from its middle, floor, and number of its channel."""
        tables = {name: np.array([row[name] for row in rows]) for name in self._channels}
        middles = {name: np.nanmedian(table, axis=0) for name, table in tables.items()}
        spread = {name: np.nanmedian(np.abs(table - middles[name]), axis=0) for name, table in tables.items()}
        sizes = [len(spread[name]) for name in self._channels]
        floors = np.repeat([FLOORS[name] for name in self._channels], sizes)
        return np.concatenate([spread[n] for n in self._channels]), floors, np.repeat(np.arange(len(sizes)), sizes)

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate by the channels that the references have. Raises CriticError if they have none."""
        begin = time.perf_counter()
        if not references.traces or any(len(c.traces) != len(references.traces) for c in candidates):
            raise CriticError(f"{len(references.traces)} reference traces; every candidate needs as many, one or more")
        wanted = _windows(references.traces, references.traces)
        missing = [name for name in self._channels if name not in wanted]
        target = np.concatenate([wanted.get(name, np.full(self._size(name), np.nan)) for name in self._channels])
        known = np.isfinite(target)
        if target.shape != self._unit.shape or not known.any():
            raise CriticError(f"the references have no {', '.join(missing)} or another length; record the same motion")
        rows = []
        for candidate in candidates:
            found = _windows(candidate.traces, references.traces)
            row = (np.concatenate([found[name] for name in self._channels]) - target) / self._unit
            rows.append(np.clip(np.where(np.isfinite(row), row, MOST), -MOST, MOST)[known])
        differences = Differences(np.array(rows), self._weights[known] / self._weights[known].sum())
        said = tuple(self._say(row, self._owner[known]) for row in rows)
        return Scores(to_score(differences.distances), said, len(candidates), time.perf_counter() - begin, differences)

    def _size(self, name: str) -> int:
        return int(np.sum(self._owner == self._channels.index(name)))

    def _say(self, row: Array, owner: Array) -> str:
        sizes = {name: np.abs(row[owner == i]).mean() for i, name in enumerate(self._channels) if (owner == i).any()}
        worst = max(sizes, key=lambda name: float(sizes[name]))
        return f"{worst} differs most, by {sizes[worst]:.1f} thirds of its spread over the manual ranges"


def _windows(traces: Sequence[Trace], timed: Sequence[Trace]) -> dict[str, Array]:
    """Means over the windows of all traces together, by channel, shape (F,).

    Windows begin with the first command of each trace, and are as many as the trace in `timed` has.
    """
    parts: dict[str, list[Array]] = {}
    for trace, other in zip(traces, timed, strict=True):
        begin, span = trace[COMMAND].stamps[0], other[COMMAND].stamps
        edges = np.arange(0, span[-1] - span[0] + 1, round(WINDOW * 1e9), dtype=np.int64) + begin
        for name in (POSITION, TOUCH, OBJECTS):
            if name in trace:
                parts.setdefault(name, []).append(_means(_reduced(name, trace[name]), edges).ravel())
    return {name: np.concatenate(rows) for name, rows in parts.items()}


def _reduced(name: str, channel: Channel) -> Channel:
    """Touch as the net force of each finger, objects by where they are; as it is otherwise."""
    values = channel.values
    if name == TOUCH:
        values = values.sum(axis=2)
    elif name == OBJECTS:
        values = values[:, :, :3]
    return Channel(channel.stamps, values.reshape(len(values), -1), channel.unit)


def _means(channel: Channel, edges: Stamps) -> Array:
    """Mean of the samples in each window, nan where there is none, shape (windows, D)."""
    ends = np.searchsorted(channel.stamps, edges)
    return np.array(
        [
            channel.values[low:high].mean(axis=0) if high > low else np.full(channel.values.shape[1], np.nan)
            for low, high in itertools.pairwise(ends)
        ]
    )
