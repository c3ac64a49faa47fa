"""Verdicts on trials: what judges, or the simulator, say of each, kept as CSV files beside the plan."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dexsim2real_audit.statistics import cohens_kappa
from dexsim2real_description import DexSim2RealError
from dexsim2real_description.writing import whole_file

SUCCESS, FAILURE = "success", "failure"
_WORDS = {
    **dict.fromkeys(("success", "s", "1", "yes", "true"), True),
    **dict.fromkeys(("failure", "f", "0", "no", "false"), False),
}
SIMULATOR = "simulator"
"""The judge of simulated trials."""
TWIN = "twin"
"""The judge of trials on a twin, which stands in for the robot: what the twin itself measured."""

Verdicts = Mapping[str, bool]
"""Success by trial name."""


def file_of(folder: Path, judge: str) -> Path:
    """Where a judge's verdicts are. Raises DexSim2RealError for a name that makes no file name."""
    if not judge or not all(c.isalnum() or c in "-_" for c in judge):
        raise DexSim2RealError(f"the judge's name {judge!r} may have letters, digits, - and _ only")
    return folder / f"verdicts_{judge}.csv"


def judges_in(folder: Path) -> list[str]:
    """Names of the people who judged trials in this folder."""
    found = sorted(path.stem.removeprefix("verdicts_") for path in folder.glob("verdicts_*.csv"))
    return [name for name in found if name not in (SIMULATOR, TWIN)]


def read_verdicts(path: Path, trials: Sequence[str]) -> dict[str, bool]:
    """Read a table with the columns trial and verdict (success or failure, s or f, 1 or 0).

    Raises DexSim2RealError for a trial that is not in the plan or comes twice and for other words. Trials without
    a row are not judged yet.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise DexSim2RealError(f"cannot read the verdicts in {path}: {why}; give a CSV file") from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    if not {"trial", "verdict"} <= set(reader.fieldnames or ()):
        raise DexSim2RealError(f"{path} needs the columns trial and verdict; it has: {reader.fieldnames}")
    known, verdicts = set(trials), {}
    for line, row in enumerate(reader, 2):
        name, word = (row["trial"] or "").strip(), (row["verdict"] or "").strip().lower()
        if name not in known:
            raise DexSim2RealError(f"{path}, line {line}: the plan has no trial {name!r}")
        if name in verdicts:
            raise DexSim2RealError(f"{path}, line {line}: {name} is judged a second time")
        if word not in _WORDS:
            raise DexSim2RealError(f"{path}, line {line}: {word!r} is no verdict; write success or failure")
        verdicts[name] = _WORDS[word]
    return verdicts


def write_verdicts(path: Path, verdicts: Verdicts) -> None:
    """Write verdicts, whole or not at all. Raises DexSim2RealError if that cannot be done."""
    rows = [f"{name},{SUCCESS if good else FAILURE}\n" for name, good in verdicts.items()]
    with whole_file(path) as partial:
        partial.write_text("trial,verdict\n" + "".join(rows), encoding="utf-8")


def ask_verdicts(path: Path, trials: Sequence[str], ask: Callable[[str], str]) -> dict[str, bool]:
    """Ask for every trial that has no verdict yet; each answer is saved at once, so one may stop at any time.

    `ask` gets the trial's name and returns what the judge typed; an empty line ends the session.
    """
    verdicts = read_verdicts(path, trials) if path.exists() else {}
    for name in trials:
        while name not in verdicts:
            word = ask(name).strip().lower()
            if not word:
                return verdicts
            if word in _WORDS:
                verdicts[name] = _WORDS[word]
                write_verdicts(path, verdicts)
    return verdicts


@dataclass(frozen=True)
class Agreement:
    """What two judges make of the same trials."""

    verdicts: Verdicts
    """Success where both say so, of the trials that both judged."""
    kappa: float
    """Cohen's, nan where all verdicts are the same."""
    disputed: tuple[str, ...]
    """Trials on which they differ; they count as failures."""


def agree(first: Verdicts, second: Verdicts) -> Agreement:
    """Combine two judges. Raises DexSim2RealError if they judged no trial in common."""
    shared = [name for name in first if name in second]
    kappa = cohens_kappa([first[name] for name in shared], [second[name] for name in shared])
    disputed = tuple(name for name in shared if first[name] != second[name])
    return Agreement({name: first[name] and second[name] for name in shared}, kappa, disputed)
