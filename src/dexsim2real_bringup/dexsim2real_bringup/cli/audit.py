"""``audit``: a recording against the simulated family, into a report, the ledger and a new randomization file."""

from __future__ import annotations

import logging
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from dexsim2real_audit import Trace, read_trace
from dexsim2real_audit import audit_report as told
from dexsim2real_audit.audit import AuditConfig, AuditResult, Stopwatch
from dexsim2real_audit.audit import audit as audit_trace
from dexsim2real_audit.bag_recover import has_storage
from dexsim2real_audit.ledger import Ledger
from dexsim2real_audit.report import save_report
from dexsim2real_audit.suggestion import changed
from dexsim2real_audit.trace import COMMAND, POSITION
from dexsim2real_audit.windows import moves
from dexsim2real_bringup.cli.tables import Cell, check_writable, show, write_json
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import Randomization, Uniform, load_randomization
from dexsim2real_sim.revision import git_revision

log = logging.getLogger(__name__)


def audit(
    bag: tyro.conf.Positional[Path],
    config: Annotated[AuditConfig, tyro.conf.arg(name="")],
    randomization: Path | None = None,
    ledger: str = "ledger.db",
    out: Path = Path("audit"),
    json: Path | None = None,
) -> None:
    """Replay a recording's commands in simulation and say whether, where and why the robot did something else.

    Writes an entry of the ledger, OUT/audit.html with its plots, and, if the recording left the family and a change
    of one range brings simulation closer, OUT/randomization.yaml, which training takes as it is.

    Args:
        bag: a bag, a saved trace (.npz), or a folder of bags, of which the first is taken that tells the robot to move.
        config: how to audit.
        randomization: what the family is drawn from; the manual ranges of all parameters if not given.
        ledger: a file or a database URL.
        out: folder for the report and the new randomization file.
        json: write all tables to this file as well.
    """
    config.check()
    check_writable(out / "audit.html")
    clock = Stopwatch()
    drawn = _load(randomization, config.task)
    with clock("read"):
        bag, trace = _read(bag)
    opened = Ledger(ledger)
    try:
        result = audit_trace(trace, drawn.distribution, config)
        result = replace(result, seconds={**clock.seconds, **result.seconds})
        with clock("report"):
            action = _suggest(result, drawn, out)
            save_report(out / "audit.html", f"Audit of {bag.name}", told.verdict(result), told.report_sections(result))
            entry = opened.add(told.ledger_round(result, _named(randomization), action, git_revision()))
    finally:
        opened.close()
    _show(result, {**result.seconds, **clock.seconds}, json)
    console = Console(highlight=False)
    for problem in result.problems:
        console.print(f"note: {problem}", markup=False)
    console.print(told.verdict(result), markup=False)
    console.print(f"{action}; round {entry.number} of {ledger}, report {out / 'audit.html'}", markup=False)


def _read(bag: Path) -> tuple[Path, Trace]:
    """What is to be audited, and where it was found. Raises DexSim2RealError if there is nothing."""
    if bag.suffix == ".npz":
        return bag, Trace.load(bag)
    bags = sorted(each for each in bag.iterdir() if has_storage(each)) if bag.is_dir() and not has_storage(bag) else []
    if not bags:
        return bag, read_trace(bag, (POSITION, COMMAND))
    for each in bags:
        trace = read_trace(each, ())
        if POSITION in trace and moves(trace):
            return each, trace
    raise DexSim2RealError(f"in none of the {len(bags)} recordings in {bag} is the robot told to move; record a motion")


def _load(path: Path | None, task: str) -> Randomization:
    if path is not None:
        return load_randomization(path)
    everything = Uniform()
    return Randomization("vanilla", task, everything, everything.entropy())


def _named(path: Path | None) -> str:
    """The randomization file with a hash, so that the ledger says which contents it had."""
    if path is None:
        return "manual ranges"
    return f"{path.name} sha256:{sha256(path.read_bytes()).hexdigest()[:16]}"


def _suggest(result: AuditResult, drawn: Randomization, out: Path) -> str:
    """Write the suggested randomization, if there is one; returns what was done, for the ledger."""
    best = next(iter(result.suggestions), None)
    if not result.diverged:
        return "nothing to change"
    if best is None or best.after >= best.before:
        return "no change of a single range brings simulation closer"
    found = changed(drawn.distribution, best)
    new = replace(
        drawn,
        method="manual",
        distribution=found,
        entropy=found.entropy(),
        critic=f"audit of {Path(result.source).name}",
        history=(),
        revision=git_revision(),
    )
    new.save(out / "randomization.yaml")
    return f"suggested {best.parameter} from {best.low:.4g} to {best.high:.4g} in {out / 'randomization.yaml'}"


def _show(result: AuditResult, seconds: dict[str, float], json: Path | None) -> None:
    total = sum(seconds.values())
    shown: dict[str, list[dict[str, Cell]]] = {
        "Channels": told.channels(result),
        "Delay and slip": told.timing(result),
        "Likely causes": told.causes(result),
        "Ranges that were tried": told.suggestions(result),
        "Closed loop": told.loop_rows(result),
        "Time": [{"step": step, "seconds": value} for step, value in {**seconds, "all": total}.items()],
    }
    shown = {title: rows for title, rows in shown.items() if rows}
    for title, rows in shown.items():
        show(title, rows)
    if json is not None:
        first = result.comparison.first
        found = None if first is None else dict(first.__dict__)
        write_json(json, {"verdict": told.verdict(result), "gap": result.gap, "first": found, **shown})
