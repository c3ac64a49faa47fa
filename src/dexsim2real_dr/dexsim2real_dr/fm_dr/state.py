"""What a search has paid for so far, on disk after every round."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dexsim2real_description.writing import whole_file
from dexsim2real_dr.critics.critic import Differences
from dexsim2real_dr.errors import SearchError
from dexsim2real_sim.randomization import Round

SCHEMA = 2


@dataclass
class State:
    """Everything that the next round depends on; random numbers follow from the seed and the round's number."""

    setting: dict[str, Any]
    """Task, factors, critic, references and configuration: another search must not go on from here."""
    vector: list[float]
    """The mixture (see Coding)."""
    values: list[list[float]] = field(default_factory=list)
    """Parameters of every sample, in their units."""
    scores: list[float | None] = field(default_factory=list)
    """Of every sample; None where the critic failed."""
    differences: list[list[float]] = field(default_factory=list)
    """From the references, of every sample; empty if the critic does not measure any."""
    weights: list[float] = field(default_factory=list)
    """Of these differences."""
    history: list[Round] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"rendering": 0.0, "scoring": 0.0, "optimising": 0.0})
    queries: int = 0
    """Answers that were computed or paid for."""

    def save(self, file: Path) -> None:
        """Write it as JSON, whole or not at all. Raises SearchError if that cannot be done."""
        with whole_file(file, SearchError) as partial:
            partial.write_text(json.dumps({"schema": SCHEMA, **asdict(self)}, allow_nan=False) + "\n")

    def scored(self) -> tuple[np.ndarray[Any, np.dtype[np.float64]], np.ndarray[Any, np.dtype[np.float64]]]:
        """Values (n, d) and scores (n,) of the samples that the critic did not fail on."""
        pairs = [(v, s) for v, s in zip(self.values, self.scores, strict=True) if s is not None]
        return np.array([v for v, _ in pairs]), np.array([s for _, s in pairs])

    def measured(self) -> Differences | None:
        """The differences of the samples that `scored` gives, if all have them."""
        if len(self.differences) < len(self.scores):
            return None
        rows = [row for row, score in zip(self.differences, self.scores, strict=True) if score is not None]
        return Differences(np.array(rows), np.array(self.weights))


def load_state(file: Path, setting: dict[str, Any]) -> State | None:
    """The state of a search that was interrupted; None if there is none.

    Raises SearchError for a file that is damaged or belongs to another search, and says in what it differs. The
    number of rounds may differ.
    """
    if not file.exists():
        return None
    try:
        data = json.loads(file.read_text())
        if data.pop("schema") != SCHEMA:
            raise SearchError(f"{file} was written by another version of this program; start in another folder")
        data["history"] = [Round(**entry) for entry in data["history"]]
        state = State(**data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SearchError(f"{file} is not the state of a search ({error!r}); start in another folder") from error
    for name in sorted({*setting, *state.setting} - {"rounds"}):
        old, new = state.setting.get(name), setting.get(name)
        if old != new:
            raise SearchError(f"{file} belongs to another search: its {name} is {old!r}, now it is {new!r}; "
                              "use another folder or the same settings")  # fmt: skip
    return state
