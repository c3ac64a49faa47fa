"""How good audits are: hidden twins with one parameter changed, members of the family, and faults in mid-motion.

All follow the motion of `excitation`, from one start. The family stands for a cell that has been identified: each
parameter uniform over a part of its manual range around the nominal value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.audit import AuditConfig, AuditResult, examine, make_cells
from dexsim2real_audit.causes import NOISE, Ranges, candidates
from dexsim2real_audit.excitation import OBJECT, TASK, excitation
from dexsim2real_audit.friction import estimate_friction
from dexsim2real_audit.prediction import Prediction, predict, simulate
from dexsim2real_audit.rollout import Fault, rollout_traces
from dexsim2real_audit.suggestion import suggest
from dexsim2real_audit.trace import Trace
from dexsim2real_audit.windows import Window, WindowConfig, find_windows
from dexsim2real_sim import PARAMETERS
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.randomization import AdrBox

Array = NDArray[np.float64]

WIDTH = 0.3
"""Of the family's ranges over the manual ones."""
CHANGED: tuple[str, ...] = (
    "friction_tip",
    "object_mass",
    "object_com_x",
    "arm_stiffness",
    "arm_strength",
    "arm_friction",
    "arm_armature",
    "arm_delay",
    "arm_backlash",
    "hand_stiffness",
    "hand_strength",
    "hand_damping_gain",
    "hand_damping",
    "hand_friction",
    "hand_delay",
    "hand_backlash",
    "touch_gain",
    "touch_lag",
    "touch_noise_shear",
    "joint_lag",
)
"""What the twins have changed, one each: what this motion, which has no images, can show."""
FAR = (0.6, 1.0)
"""How far beyond the family the change goes, over the way from the family's edge to where causes are looked for."""
WIDE_FRICTION = (0.5, 1.6)
"""Of the fingertips of those twins whose friction is to be estimated."""
TOLERANCES = {"delay": 0.005, "friction": 0.15, "onset": 0.1}
"""[s], relative, [s]"""


@dataclass(frozen=True)
class TwinRow:
    """One hidden twin and what the audit made of it."""

    parameter: str
    value: float
    diverged: bool
    rank: int
    """Of the true parameter among the causes, from 1; 0 if no alarm was raised."""
    estimate: float
    first: str
    """The channel that left first."""
    gap: float


@dataclass(frozen=True)
class FaultRow:
    """One fault and when it was found."""

    fault: str
    struck: float
    """[s]"""
    onset: float | None
    """[s]; None if it was not found."""
    channel: str


@dataclass(frozen=True)
class DelayRow:
    """A delay and its estimate, command to reading [s]."""

    group: str
    true: float
    estimate: float


@dataclass(frozen=True)
class FrictionRow:
    """Friction of fingertips and its estimate."""

    true: float
    estimate: float | None


@dataclass(frozen=True)
class LoopRow:
    """One round of the loop on one twin: audit, new range, audit again."""

    twin: str
    """The parameter that it has changed."""
    suggested: str
    """The parameter whose range was changed."""
    before: float
    after: float
    """Distance from the family over a member's, with the old ranges and the new."""


@dataclass(frozen=True)
class BenchResult:
    """Everything that was measured."""

    twins: tuple[TwinRow, ...]
    faults: tuple[FaultRow, ...]
    delays: tuple[DelayRow, ...]
    frictions: tuple[FrictionRow, ...]
    loops: tuple[LoopRow, ...]
    false_alarms: int
    members: int


FAULTS: dict[str, tuple[float, Callable[[Counterpart, NDArray[np.intp]], None] | None, str | None]] = {
    "friction drop": (2.0, lambda cell, ids: cell.set_parameters({"friction_tip": 0.2}, ids), None),
    "delay step": (4.3, lambda cell, ids: cell.set_parameters({"arm_delay": 0.08}, ids), None),
    "touch dropout": (2.0, None, "thumb"),
    "object swap": (2.0, lambda cell, ids: cell.swap("object", "coffee_cup", ids), None),
}
"""Time in the motion [s], what happens to the cell, and whose touch goes dead."""


def identified() -> AdrBox:
    """What is known of a cell that has been identified."""
    names = candidates([name for name, p in PARAMETERS.items() if not p.frozen])
    ends = np.array([_known_range(name) for name in names])
    return AdrBox(names, ends[:, 0], ends[:, 1])


def _known_range(name: str) -> tuple[float, float]:
    p = PARAMETERS[name]
    if name in NOISE:
        return 0.5 * p.nominal, 1.5 * p.nominal
    width = WIDTH * (p.range[1] - p.range[0])
    low = min(max(p.nominal - width / 2, p.range[0]), p.range[1] - width)
    return low, low + width


def run_bench(
    twins: int,
    members: int = 40,
    per_fault: int = 5,
    frictions: int = 20,
    loops: int = 5,
    seed: int = 0,
    cells: int = 128,
) -> BenchResult:
    """Audit `twins` hidden twins, `members` of the family and `per_fault` cells with each kind of fault."""
    rng = np.random.default_rng([seed, 13])
    config = AuditConfig(TASK, (OBJECT,), cells=cells, longest=10.0, seed=seed)
    box, cell = identified(), make_cells(config)
    ranges = Ranges.of(box.names, np.stack([box.low, (box.low + box.high) / 2, box.high]))
    table, truths = _hidden(box, ranges, rng, twins, members, per_fault * len(FAULTS))
    traces = _record(cell, box, table, per_fault, members + twins, seed)
    windows, _ = find_windows(traces[0], cell.bodies, {"object": OBJECT}, WindowConfig(config.longest, config.longest))
    prediction = predict(cell, windows, box, seed + 100)
    results = [examine(trace, prediction, cell.bodies, config) for trace in traces]
    inside, hidden, struck = results[:members], results[members : members + twins], results[members + twins :]
    rows = [_twin_row(truth, result) for truth, result in zip(truths, hidden, strict=True)]
    kinds = [kind for kind in FAULTS for _ in range(per_fault)]
    return BenchResult(
        tuple(rows),
        tuple(_fault_row(kind, result) for kind, result in zip(kinds, struck, strict=True)),
        tuple(_delays(box.names, table[: members + twins], [*inside, *hidden])),
        tuple(_frictions(cell, windows, prediction, box, rng, frictions, seed)),
        tuple(_loops(cell, windows, truths, hidden, loops, seed)),
        sum(result.diverged for result in inside),
        members,
    )


def _hidden(
    box: AdrBox, ranges: Ranges, rng: np.random.Generator, twins: int, members: int, faults: int
) -> tuple[Array, list[tuple[str, float]]]:
    """Parameters of all recordings, members first, then twins, then those with faults; and the twins' changes."""
    table, truths = box.sample(rng, members + twins + faults), []
    order = [name for _ in range(twins // len(CHANGED) + 1) for name in rng.permutation(CHANGED).tolist()]
    for row, name in zip(table[members : members + twins], order[:twins], strict=True):
        i = box.names.index(name)
        low, high = ranges.wider(name)
        below, above = box.low[i] - low, high - box.high[i]
        share = rng.uniform(*FAR)
        row[i] = box.high[i] + share * above if rng.random() * (below + above) < above else box.low[i] - share * below
        truths.append((name, float(row[i])))
    return table, truths


def _record(cell: Counterpart, box: AdrBox, table: Array, per_fault: int, first: int, seed: int) -> list[Trace]:
    """The recordings, all in one batch after the other; faults strike the last ones."""
    motion, traces = excitation(), []
    for begin in range(0, len(table), cell.num_envs):
        rows = table[begin : begin + cell.num_envs]
        filled = np.concatenate([rows, np.tile(rows[:1], (cell.num_envs - len(rows), 1))])
        faults = []
        for kind, (time, strike, finger) in enumerate(FAULTS.values()):
            struck = np.arange(per_fault) + first + kind * per_fault - begin
            here = tuple(struck[(struck >= 0) & (struck < len(rows))].tolist())
            faults.append(Fault(time, here, strike, finger))
        cell.begin(box.names, filled, motion.start, seed + 1000 + begin)
        traces += rollout_traces(cell, motion.commands, [f for f in faults if f.cells])[: len(rows)]
    return traces


def _twin_row(truth: tuple[str, float], result: AuditResult) -> TwinRow:
    name, value = truth
    named = [cause.parameter for cause in result.causes]
    rank = named.index(name) + 1 if name in named else 0
    estimate = result.causes[rank - 1].value if rank else float("nan")
    first = result.comparison.first
    return TwinRow(name, value, result.diverged, rank, estimate, "" if first is None else first.channel, result.gap)


def _fault_row(kind: str, result: AuditResult) -> FaultRow:
    first = result.comparison.first
    found = None if first is None else first.onset
    return FaultRow(kind, FAULTS[kind][0], found, "" if first is None else first.channel)


def _delays(names: Sequence[str], table: Array, results: Sequence[AuditResult]) -> list[DelayRow]:
    """Every recording's delays: the cell's own and the age of its readings."""
    columns = {name: table[:, names.index(name)] for name in ("arm_delay", "hand_delay", "joint_lag")}
    return [
        DelayRow(lag.group, float(columns[f"{lag.group}_delay"][i] + columns["joint_lag"][i]), lag.delay)
        for i, result in enumerate(results)
        for lag in result.lags
    ]


def _frictions(
    cell: Counterpart,
    windows: Sequence[Window],
    prediction: Prediction,
    box: AdrBox,
    rng: np.random.Generator,
    count: int,
    seed: int,
) -> list[FrictionRow]:
    """Twins whose fingertips may have any friction, estimated from a family that may too."""
    column = box.names.index("friction_tip")
    table = box.sample(rng, cell.num_envs + count)
    table[:, column] = rng.uniform(*WIDE_FRICTION, len(table))
    signals = simulate(cell, windows, box.names, table, seed + 200)
    times = prediction.stamps / 1e9
    family = {name: values[count:] for name, values in signals.items()}
    rows = []
    for i in range(count):
        real = {name: values[i] for name, values in signals.items()}
        found = estimate_friction(times, real, family, table[count:, column])
        rows.append(FrictionRow(float(table[i, column]), None if found is None else found.value))
    return rows


def _loops(
    cell: Counterpart,
    windows: Sequence[Window],
    truths: Sequence[tuple[str, float]],
    results: Sequence[AuditResult],
    count: int,
    seed: int,
) -> list[LoopRow]:
    """The first `count` twins that raised an alarm, with the range that their audit suggests."""
    rows = []
    alarmed = [(name, result) for (name, _), result in zip(truths, results, strict=True) if result.causes]
    for name, result in alarmed[:count]:
        best = suggest(cell, windows, result.prediction, result.real, result.causes, seed)[0]
        rows.append(LoopRow(name, best.parameter, best.before, min(best.before, best.after)))
    return rows
