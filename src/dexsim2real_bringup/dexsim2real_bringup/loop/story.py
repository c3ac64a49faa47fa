"""The page that tells a loop: what was seen, learned, tried and found, from the files that the commands left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dexsim2real_audit.report import Cell, Section, save_report
from dexsim2real_audit.statistics import Interval, wilson
from dexsim2real_bringup.loop.plan import LoopOptions, Round, unseen
from dexsim2real_bringup.loop.run import Outcome
from dexsim2real_description import DexSim2RealError

Row = dict[str, Cell]
BEFORE = "as it was shipped"


def save_story(path: Path, options: LoopOptions, before: Path, rounds: Sequence[Round], done: Sequence[Outcome]) -> str:
    """Write the page; returns its summary. `before` is the folder of the first policy's evaluations.

    Raises DexSim2RealError if a file of the loop cannot be read, or the page not be written.
    """
    table = success_table(options, before, rounds)
    last = rounds[-1]
    audit = _read(last.folder / "audit" / "audit.json")
    summary = f"{_told(table)} {audit['verdict']}"
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
            "Seeded trials at full difficulty, with Wilson's 95 % intervals. No picture, training or audit has seen "
            "these twins.",
            rows=table,
        ),
        Section("Trials on the live graph", rows=live["Trials"]),
        Section("Audit", audit["verdict"], picture=_first(last.folder / "audit" / "audit_plots")),
        *([Section("Likely causes", rows=audit["Likely causes"])] if audit.get("Likely causes") else []),
        Section("Next step", _next(last)),
        Section("Steps", rows=[_step(each) for each in done]),
    ]
    save_report(path, f"From simulation to a robot and back: {options.task}", summary, sections)
    return summary


def success_table(options: LoopOptions, before: Path, rounds: Sequence[Round]) -> list[Row]:
    """Success of each policy in simulation and on the unseen twins together, and the gap between them."""
    named = [(BEFORE, before), *((f"after round {each.number}", each.folder) for each in rounds)]
    return [_success(name, folder, options) for name, folder in named if (folder / "simulation.json").exists()]


def _success(name: str, folder: Path, options: LoopOptions) -> Row:
    simulated = _trials(folder / "simulation.json")
    twins = {f"twin {twin}": _trials(folder / f"twin_{twin}.json") for twin in unseen(options)}
    together = [trial for trials in twins.values() for trial in trials]
    rates = {where: wilson(_won(trials), len(trials)) for where, trials in {**twins, "all twins": together}.items()}
    sim = wilson(_won(simulated), len(simulated))
    return {
        "policy": name,
        "simulation": _percent(sim),
        **{where: _percent(rate) for where, rate in rates.items()},
        "gap [points]": round(100 * (sim.value - rates["all twins"].value), 1),
    }


def _percent(rate: Interval) -> str:
    return f"{100 * rate.value:.0f} % ({100 * rate.low:.0f} to {100 * rate.high:.0f})"


def _trials(file: Path) -> list[Any]:
    trials: list[Any] = _read(file)["trials"]
    return trials


def _won(trials: list[Any]) -> int:
    return sum(bool(trial["success"]) for trial in trials)


def _told(table: list[Row]) -> str:
    """The table in one sentence."""
    parts = [f"{row['all twins']} {row['policy']}, gap {row['gap [points]']} points" for row in table]
    return f"Success on robots that nothing was learned from: {'; '.join(parts)}."


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
