"""The page that tells a loop: what was seen, learned, tried and found, from the files that the commands left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dexsim2real_audit.report import Cell, Section, save_report
from dexsim2real_audit.statistics import Interval, wilson
from dexsim2real_bringup.loop.gap_figure import gap_figure
from dexsim2real_bringup.loop.plan import LoopOptions, Round, unseen
from dexsim2real_bringup.loop.run import Outcome
from dexsim2real_description import DexSim2RealError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = dict[str, Cell]
BEFORE = "as it was shipped"


def save_story(path: Path, options: LoopOptions, before: Path, rounds: Sequence[Round], done: Sequence[Outcome]) -> str:
    """Write the page; returns its summary. `before` is the folder of the first policy's evaluations.

    Raises DexSim2RealError if a file of the loop cannot be read, or the page not be written.
    """
    standings = _standings(options, before, rounds)
    last = rounds[-1]
    audit = _read(last.folder / "audit" / "audit.json")
    summary = f"{_told(options, standings)} {audit['verdict']}"
    search, training = path.parent / "randomise" / "report_plots", last.folder / "train" / "report_plots"
    live = _read(last.folder / "live.json")
    sections = [
        Section(
            "Pictures",
            "The references, draws from the manual ranges, draws from what was learned, the best sample.",
            picture=search / "pictures.png",
        ),
        Section("What is drawn from", picture=search / "parameters.png", caption="Blue: learned. Orange: manual."),
        Section("Training", picture=_first(training), caption=f"Round {last.number}."),
        Section(
            "Success",
            f"In simulation and {where(options)}, with Wilson's 95 % intervals; in simulation and on twins seeded "
            "trials at full difficulty.",
            rows=success_table(options, before, rounds),
        ),
        Section("Gap by round", figure=_gaps(standings)),
        Section("Trials on the live graph", rows=live["Trials"]),
        Section("Audit", audit["verdict"], picture=_first(last.folder / "audit" / "audit_plots")),
        *([Section("Likely causes", rows=audit["Likely causes"])] if audit.get("Likely causes") else []),
        Section("Next step", _next(last)),
        Section("Steps", rows=[_step(each) for each in done]),
    ]
    save_report(path, f"From simulation to a robot and back: {options.task}", summary, sections)
    return summary


def where(options: LoopOptions) -> str:
    """What stands for reality, in words."""
    return "on the robot" if options.on_hardware else "on twins that nothing was learned from"


def success_table(options: LoopOptions, before: Path, rounds: Sequence[Round]) -> list[Row]:
    """Success of each policy in simulation and in reality, and the gap between them."""
    return [
        {
            "policy": each.policy,
            "simulation": _percent(each.simulation),
            **{name: _percent(rate) for name, rate in each.reality.items()},
            "gap [points]": round(100 * each.gap, 1),
        }
        for each in _standings(options, before, rounds)
    ]


@dataclass(frozen=True)
class _Standing:
    """How often a policy succeeds."""

    policy: str
    simulation: Interval
    reality: dict[str, Interval]
    """By the robot's name; the last one is of all together."""

    @property
    def real(self) -> Interval:
        """In reality, all robots together."""
        return [*self.reality.values()][-1]

    @property
    def gap(self) -> float:
        """From simulation to reality."""
        return self.simulation.value - self.real.value


def _standings(options: LoopOptions, before: Path, rounds: Sequence[Round]) -> list[_Standing]:
    named = [(BEFORE, before), *((f"after round {each.number}", each.folder) for each in rounds)]
    return [_standing(name, folder, options) for name, folder in named if (folder / "simulation.json").exists()]


def _standing(name: str, folder: Path, options: LoopOptions) -> _Standing:
    if options.on_hardware:
        reality = {"robot": [trial["outcome"] == "success" for trial in _read(folder / "live.json")["Trials"]]}
    else:
        reality = {f"twin {twin}": _won(folder / f"twin_{twin}.json") for twin in unseen(options)}
        reality["all twins"] = [won for trials in reality.values() for won in trials]
    rates = {robot: wilson(sum(trials), len(trials)) for robot, trials in reality.items()}
    simulated = _won(folder / "simulation.json")
    return _Standing(name, wilson(sum(simulated), len(simulated)), rates)


def _gaps(standings: Sequence[_Standing]) -> Figure:
    policies, simulated = [each.policy for each in standings], [each.simulation for each in standings]
    return gap_figure(policies, simulated, [each.real for each in standings])


def _won(file: Path) -> list[bool]:
    """Of each trial of an evaluation, whether it succeeded."""
    return [bool(trial["success"]) for trial in _read(file)["trials"]]


def _percent(rate: Interval) -> str:
    return f"{100 * rate.value:.0f} % ({100 * rate.low:.0f} to {100 * rate.high:.0f})"


def _told(options: LoopOptions, standings: Sequence[_Standing]) -> str:
    """The table in one sentence."""
    parts = [f"{_percent(each.real)} {each.policy}, gap {100 * each.gap:.1f} points" for each in standings]
    return f"Success {where(options)}: {'; '.join(parts)}."


def _next(last: Round) -> str:
    if last.suggestion.exists():
        return f"Train the next round under {last.suggestion}, the ranges that the audit suggests."
    return "The audit suggests no change; more rounds would repeat this one with more training."


def _step(outcome: Outcome) -> Row:
    return {"step": outcome.step.name, "seconds": round(outcome.seconds, 1), "command": outcome.step.command}


def _first(folder: Path) -> Path | None:
    """The first picture of a report, by name."""
    return next(iter(sorted(folder.glob("*.png"))), None)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DexSim2RealError(f"cannot read {file}: {error}; remove it and start the loop again") from error
