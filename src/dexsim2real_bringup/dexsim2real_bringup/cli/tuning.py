"""``identify --autotune``: the simulator's parameters from what the robot was told and what it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from dexsim2real_audit import Trace
from dexsim2real_audit.report import Section, save_report
from dexsim2real_bringup.cli.bar import Bar
from dexsim2real_bringup.cli.tables import Cell, show, write_json
from dexsim2real_dr.identify.arm import ArmConfig
from dexsim2real_dr.identify.autotune import TuneConfig, TuneResult, tuned_randomization
from dexsim2real_dr.identify.autotune import autotune as tune_parameters
from dexsim2real_dr.identify.params_file import save_params, with_tuned
from dexsim2real_sim import PARAMETERS
from dexsim2real_sim.revision import git_revision

Row = dict[str, Cell]
TASK = "pick_place"
"""Of the randomization file; any task takes its ranges."""


def tune_robot(trace: Trace, source: str, config: ArmConfig, tune: TuneConfig, out: Path, json: Path | None) -> None:
    """Tune, and write parameters, randomization file and report."""
    hand = "v4" if config.hand == "none" else config.hand
    with Bar("rounds of tuning", tune.rounds) as bar:
        result = tune_parameters(trace, config.arm, hand, replace(tune, train=config.train), bar.update)
    data = with_tuned(out, result, config.arm, source)
    save_params(out, data)
    ranges = out.with_name(f"{out.stem}_randomization.yaml")
    tuned_randomization(result, TASK, source, git_revision()).save(ranges)
    errors, values = _errors(result), _values(result)
    save_report(
        out.with_suffix(".html"),
        "Parameters tuned through simulation",
        f"From {source}: {result.used:.1f} s of it, in {result.seconds:.0f} s.",
        [
            Section("Tracking error", "Simulated minus recorded positions [rad], RMS.", errors),
            Section("Parameters", _NOTE, values),
        ],
    )
    show("Tracking error [rad], RMS", errors)
    show("Parameters", values)
    if json is not None:
        write_json(json, {"Tracking error": errors, "Parameters": values})
    words = f"wrote {out}; train and audit with --randomization {ranges}"
    Console(highlight=False).print(words, markup=False)


_NOTE = (
    "The error is by how much a value can move before the positions say otherwise. A parameter that is not told is "
    "unknown, not nominal; of parameters told together only a combination is known."
)


def _errors(result: TuneResult) -> list[Row]:
    return [
        {"part": part, "model": model, "fitted": fitted, "held out": held_out}
        for part, errors in result.errors.items()
        for model, (fitted, held_out) in zip(("nominal", "tuned"), errors, strict=True)
    ]


def _values(result: TuneResult) -> list[Row]:
    return [
        {
            "parameter": each.name,
            "value": each.value,
            "error": each.error,
            "unit": PARAMETERS[each.name].unit,
            "nominal": PARAMETERS[each.name].nominal,
            "told": "yes" if each.told else "no",
            "only together with": ", ".join(each.together_with),
        }
        for each in result.parameters
    ]
