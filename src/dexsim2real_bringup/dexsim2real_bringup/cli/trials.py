"""``trials``: plan an evaluation, run it in simulation, take the judges' verdicts, report what they say."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from dexsim2real_audit.report import Section, save_report
from dexsim2real_audit.trial_plan import Plan, PlanConfig, make_plan
from dexsim2real_audit.trial_plots import places_figure, success_figure
from dexsim2real_audit.trial_run import RunConfig, run_plan
from dexsim2real_audit.trial_tables import (
    Outcome,
    gap_table,
    method_tests,
    outcomes,
    success_table,
    unseen_table,
)
from dexsim2real_audit.verdicts import (
    SIMULATOR,
    TWIN,
    agree,
    ask_verdicts,
    file_of,
    judges_in,
    read_verdicts,
    write_verdicts,
)
from dexsim2real_bringup.cli import tables
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import Twin, load_randomization

Row = dict[str, tables.Cell]


def plan(folder: tyro.conf.Positional[Path], config: Annotated[PlanConfig, tyro.conf.arg(name="")]) -> None:
    """Draw poses and the order of an evaluation, with the methods hidden from whoever judges.

    Args:
        folder: where to put plan.yaml, which judges may see, and key.yaml, which they may not.
        config: what to try.
    """
    made = make_plan(config)
    made.save(folder)
    tables.show(f"{len(made.trials)} trials, planned in {folder}", [trial.__dict__ for trial in made.trials[:10]])


def judge(folder: tyro.conf.Positional[Path], judge: str, file: Path | None = None) -> None:
    """Take one judge's verdicts, trial by trial at the prompt, or from a table.

    Args:
        folder: where the plan is.
        judge: the judge's name.
        file: a CSV with the columns trial and verdict; without it, you are asked.
    """
    names = [trial.name for trial in Plan.load(folder).trials]
    own = file_of(folder, judge)
    if file is not None:
        verdicts = read_verdicts(file, names)
        write_verdicts(own, verdicts)
    else:
        console = Console()
        verdicts = ask_verdicts(
            own, names, lambda name: console.input(f"{name}: (s)uccess, (f)ailure, empty to stop: ")
        )
    left = len(names) - len(verdicts)
    tables.show(f"Verdicts of {judge}", [{"judged": len(verdicts), "left": left, "successes": sum(verdicts.values())}])


def run(
    folder: tyro.conf.Positional[Path],
    policies: tuple[str, ...],
    twin: str | None = None,
    randomization: Path | None = None,
    batch: int = 50,
    difficulty: float = 1.0,
    time_limit: float | None = None,
) -> None:
    """Run the trials of a plan in simulation, or on a twin in place of the robot; run it again to go on.

    Args:
        folder: where the plan is; the verdicts are put there.
        policies: METHOD=FOLDER for each method of the plan, {seed} in FOLDER for the training seed; or METHOD=script,
            or METHOD= and the name of a policy that comes with the package.
        twin: a twin's file, or its seed; the simulation if not given.
        randomization: what the simulation's parameters are drawn from; nominal if not given.
        batch: trials side by side.
        difficulty: from 0, the easiest, to 1, the task itself.
        time_limit: of a trial [s]; as the task has it if not given.
    """
    named = dict(_named(policy) for policy in policies)
    config = RunConfig(
        None if twin is None else Twin.named(twin),
        None if randomization is None else load_randomization(randomization).distribution,
        batch,
        difficulty,
        time_limit,
    )
    with Bar("trials") as bar:
        verdicts = run_plan(folder, named, config, bar.update)
    tables.show(f"Trials of {folder}", [{"judged": len(verdicts), "successes": sum(verdicts.values())}])


def _named(policy: str) -> tuple[str, str]:
    method, sign, source = policy.partition("=")
    if not (method and sign and source):
        raise DexSim2RealError(f"{policy!r} does not name a policy; write METHOD=FOLDER or METHOD=script")
    return method, source


def report(
    folders: tyro.conf.Positional[tuple[Path, ...]],
    out: Path = Path("trials.html"),
    json: Path | None = None,
) -> None:
    """Report success with intervals, agreement of judges, gaps, unseen conditions, and tests between methods.

    Args:
        folders: one folder of a plan for each task.
        out: the HTML report.
        json: write all tables to this file as well.
    """
    results: list[Outcome] = []
    agreement: list[Row] = []
    for folder in folders:
        found, row = _judged(folder)
        results += found
        agreement += row
    if not folders:
        raise DexSim2RealError("name the folders of the plans to report on")
    if not results:
        raise DexSim2RealError(
            f"nothing in {', '.join(map(str, folders))} is judged yet; see: dexsim2real trials judge"
        )
    shown = {
        "Success": success_table(results),
        "Simulation and reality": gap_table(results),
        "Seen and unseen conditions": unseen_table(results),
        "Methods against each other": method_tests(results),
        "Agreement of judges": agreement,
    }
    shown = {title: rows for title, rows in shown.items() if rows}
    sections = [Section(title, rows=rows) for title, rows in shown.items()]
    sections += [
        Section("Success at a glance", figure=success_figure(results)),
        Section("Where on the table", figure=places_figure(results)),
    ]
    save_report(out, "Evaluation", _SUMMARY, sections)
    for title, rows in shown.items():
        tables.show(title, rows)
    if json is not None:
        tables.write_json(json, shown)


_SUMMARY = (
    "Rates have Wilson's 95 % intervals, differences Newcombe's. A real trial is a success if both judges say so, "
    "one on a twin that stands in for the robot if the twin measured it. "
    "Methods are compared by Barnard's exact test, corrected for several comparisons by Holm's method."
)


def _judged(folder: Path) -> tuple[list[Outcome], list[Row]]:
    """Judged trials of one folder, simulated and real, and how far the judges agree."""
    made = Plan.load(folder)
    names = [trial.name for trial in made.trials]
    results: list[Outcome] = []
    row: list[Row] = []
    simulated = file_of(folder, SIMULATOR)
    if simulated.exists():
        results += outcomes(made, read_verdicts(simulated, names), real=False)
    on_twin = file_of(folder, TWIN)
    judges = judges_in(folder)
    if on_twin.exists() and not judges:
        results += outcomes(made, read_verdicts(on_twin, names), real=True)
    if judges and len(judges) != 2:
        raise DexSim2RealError(f"{folder} has verdicts of {', '.join(judges)}; a report needs those of two judges")
    if judges:
        both = agree(*(read_verdicts(file_of(folder, name), names) for name in judges))
        results += outcomes(made, both.verdicts, real=True)
        row.append(
            {
                "task": made.task,
                "judges": " and ".join(judges),
                "trials": len(both.verdicts),
                "disputed": len(both.disputed),
                "kappa": None if isnan(both.kappa) else both.kappa,
            }
        )
    return results, row
