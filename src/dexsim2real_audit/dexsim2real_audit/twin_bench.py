"""How good audits are: hidden twins with one parameter changed, members of the family, and faults in mid-motion.

All follow the motion of `excitation`, from one start. The family stands for a cell that has been identified: each
parameter uniform over a part of its manual range around the nominal value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.audit import AuditConfig, AuditResult, examine, make_cells
from dexsim2real_audit.causes import NOISE, Ranges, candidates
from dexsim2real_audit.loop_bench import LoopRow, PolicyBench, Round, close_loop
from dexsim2real_audit.prediction import predict
from dexsim2real_audit.rollout import Fault, rollout_traces
from dexsim2real_audit.trace import Trace
from dexsim2real_audit.windows import WindowConfig, find_windows
from dexsim2real_sim import PARAMETERS
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.excitation import OBJECT, TASK, excitation
from dexsim2real_sim.randomization import AdrBox

Array = NDArray[np.float64]
Tell = Callable[[str, int, int], None]
"""Is told of what how much is done, of how much."""

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
    """Of the true parameter among the causes, from 1."""
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
    estimate: float


@dataclass(frozen=True)
class BenchResult:
    """Everything that was measured."""

    twins: tuple[TwinRow, ...]
    faults: tuple[FaultRow, ...]
    delays: tuple[DelayRow, ...]
    frictions: tuple[FrictionRow, ...]
    loops: tuple[LoopRow, ...]
    members: tuple[bool, ...]
    """Whether each member of the family raised an alarm, which is a false one."""
    member_gap: float
    """Mean gap of members: what no audit can lower."""


FAULTS: dict[str, tuple[float, Callable[[Counterpart, NDArray[np.intp]], None] | None, str | None]] = {
    "friction drop": (5.2, lambda cell, ids: cell.set_parameters({"friction_tip": 0.2}, ids), None),
    "delay step": (1.1, lambda cell, ids: cell.set_parameters({"arm_delay": 0.08}, ids), None),
    "touch dropout": (5.2, None, "thumb"),
    "object swap": (5.2, lambda cell, ids: cell.swap("object", "coffee_cup", ids), None),
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


@dataclass(frozen=True)
class BenchConfig:
    """How much of each to audit."""

    twins: int = 20
    """With one parameter changed each."""
    members: int = 40
    """Of the simulated family, on which every alarm is a false one."""
    per_fault: int = 5
    """Cells for each kind of fault."""
    frictions: int = 20
    """Twins whose fingertip friction is estimated."""
    loops: int = 20
    """Twins with which the loop is gone round once, the first ones."""
    policy: str = "in_hand_rotation"
    """Is evaluated before and after that, on twin and family; a folder, a shipped policy's name, or empty."""
    trials: int = 48
    """Of the policy, on each twin and each family."""
    cells: int = 128
    """Simulated side by side, and the size of the family."""
    seed: int = 0
    """Of everything that is drawn."""


def run_bench(bench: BenchConfig, tell: Tell = lambda what, done, of: None) -> BenchResult:
    """Audit hidden twins, members of the family, cells with each kind of fault, and some with any friction."""
    rng = np.random.default_rng([bench.seed, 13])
    config = AuditConfig(TASK, (OBJECT,), cells=bench.cells, seed=bench.seed)
    policy = PolicyBench(bench.policy, bench.trials, bench.seed) if bench.policy and bench.loops else None
    box, cell = identified(), make_cells(config)
    ranges = Ranges.of(box.names, np.stack([box.low, (box.low + box.high) / 2, box.high]))
    hidden, truths = _hidden(box, ranges, rng, bench.twins)
    table = np.concatenate([box.sample(rng, bench.members), hidden, _slippery(box, rng, bench.frictions)])
    whole = np.concatenate([table, box.sample(rng, bench.per_fault * len(FAULTS))])
    traces = _record(cell, box, whole, bench.per_fault, bench.seed)
    windows, _ = find_windows(traces[0], cell.bodies, {"object": OBJECT}, WindowConfig(config.longest, config.total))
    prediction = predict(cell, windows, box, bench.seed + 100)
    model = prediction.cause_model(list(prediction.real(traces[0], cell.bodies)))
    results: list[AuditResult] = []
    for trace in traces:
        results.append(examine(trace, prediction, cell.bodies, config, model=model))
        tell("audits", len(results), len(traces))
    each = iter(results)
    inside, changed, slippery = (list(islice(each, count)) for count in (bench.members, bench.twins, bench.frictions))
    kinds = [kind for kind in FAULTS for _ in range(bench.per_fault)]
    again = _record(cell, box, hidden[: bench.loops], 0, bench.seed + 500) if bench.loops else []
    rounds = [
        Round(name, values, result, trace)
        for (name, _), values, result, trace in zip(truths, hidden, changed, again, strict=False)
    ]
    loops: list[LoopRow] = []
    for row in close_loop(cell, windows, box, rounds, policy, bench.seed):
        loops.append(row)
        tell("twins that the loop was gone round with", len(loops), len(rounds))
    return BenchResult(
        tuple(_twin_row(truth, result) for truth, result in zip(truths, changed, strict=True)),
        tuple(_fault_row(kind, result) for kind, result in zip(kinds, each, strict=True)),
        tuple(_delays(box.names, table, results[: len(table)])),
        tuple(_frictions(box.names, table[bench.members + bench.twins :], slippery)),
        tuple(loops),
        tuple(result.diverged for result in inside),
        float(np.mean([result.gap for result in inside])),
    )


def _hidden(box: AdrBox, ranges: Ranges, rng: np.random.Generator, twins: int) -> tuple[Array, list[tuple[str, float]]]:
    """Parameters of the twins, shape (twins, d), and what is changed about each."""
    table, truths = box.sample(rng, twins), []
    order = [name for _ in range(twins // len(CHANGED) + 1) for name in rng.permutation(CHANGED).tolist()]
    for row, name in zip(table, order[:twins], strict=True):
        i = box.names.index(name)
        low, high = ranges.wider(name)
        below, above = box.low[i] - low, high - box.high[i]
        share = rng.uniform(*FAR)
        row[i] = box.high[i] + share * above if rng.random() * (below + above) < above else box.low[i] - share * below
        truths.append((name, float(row[i])))
    return table, truths


def _slippery(box: AdrBox, rng: np.random.Generator, count: int) -> Array:
    """Members of the family but for the friction of their fingertips, shape (count, d)."""
    table = box.sample(rng, count)
    table[:, box.names.index("friction_tip")] = rng.uniform(*WIDE_FRICTION, count)
    return table


def _record(cell: Counterpart, box: AdrBox, table: Array, per_fault: int, seed: int) -> list[Trace]:
    """The recordings, all in one batch after the other; faults strike the last ones."""
    motion, traces = excitation(), []
    first = len(table) - per_fault * len(FAULTS)
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
    rank = 1 + [cause.parameter for cause in result.causes].index(name)
    estimate = result.causes[rank - 1].value
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


def _frictions(names: Sequence[str], table: Array, results: Sequence[AuditResult]) -> list[FrictionRow]:
    """The fingertips' friction and what the audits say of it."""
    found = [next(c.value for c in result.causes if c.parameter == "friction_tip") for result in results]
    return [FrictionRow(*pair) for pair in zip(table[:, names.index("friction_tip")].tolist(), found, strict=True)]
