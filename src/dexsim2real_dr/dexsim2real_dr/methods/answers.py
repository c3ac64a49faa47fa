"""A critic's answers to a method, kept on disk, so that an interrupted method gets them again without asking."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dexsim2real_description.writing import whole_file
from dexsim2real_dr.critics.critic import Array
from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.fm_dr.search import Problem


class Answers:
    """Asks a critic about samples, one line of `answers.jsonl` each. Methods repeat themselves, so lines match."""

    def __init__(
        self, problem: Problem, setting: dict[str, Any], folder: Path, scored: Callable[[], None] = lambda: None
    ) -> None:
        """`scored` is called after each sample. Raises SearchError if the folder holds another search's answers."""
        self._problem, self._scored = problem, scored
        self._file = folder / "answers.jsonl"
        setting = {"task": problem.task, "parameters": list(problem.names), "critic": problem.critic.name,
                   "references": problem.references.digest, "pictures": problem.seen, **setting}  # fmt: skip
        self._known = self._read(setting)
        self.scores: list[float | None] = []
        """Of the samples that the method has asked about, in order; None where the critic failed."""
        self.queries, self.seconds = 0, 0.0
        """What they cost, now and before."""

    def ask(self, values: Array) -> Array:
        """Scores of samples, shape (n, d), nan where the critic failed, shape (n,). Raises CriticError, SearchError."""
        asked = len(self.scores)
        known = self._known[asked : asked + len(values)]
        if [entry["values"] for entry in known] != values[: len(known)].tolist():
            raise SearchError(f"{self._file} belongs to another version of this method; use another folder")
        entries = known + self._answer(values[len(known) :])
        self.scores += [entry["score"] for entry in entries]
        self.queries += sum(entry["queries"] for entry in entries)
        self.seconds += sum(entry["seconds"] for entry in entries)
        return np.array([np.nan if entry["score"] is None else float(entry["score"]) for entry in entries])

    def _answer(self, values: Array) -> list[dict[str, Any]]:
        """Observe all and ask about each; an answer is on disk before the next is asked for."""
        begin, entries = time.perf_counter(), []
        seen = self._problem.observe(values) if len(values) else []
        for row, evidence in zip(values, seen, strict=True):
            scores = self._problem.critic.score([evidence], self._problem.references)
            score, now = float(scores.values[0]), time.perf_counter()
            entry = {"values": row.tolist(), "score": score if np.isfinite(score) else None,
                     "queries": scores.queries, "seconds": now - begin}  # fmt: skip
            self._append(entry)
            entries.append(entry)
            begin = now
            self._scored()
        return entries

    def _append(self, entry: dict[str, Any]) -> None:
        try:
            with self._file.open("a") as file:
                file.write(json.dumps(entry, allow_nan=False) + "\n")
        except OSError as error:
            raise SearchError(
                f"cannot write {self._file}: {error.strerror}; choose a folder you may write to"
            ) from error

    def _read(self, setting: dict[str, Any]) -> list[dict[str, Any]]:
        """What was answered before; a line that was cut off by a kill is dropped. Begins the file if there is none."""
        if not self._file.exists():
            self._append(setting)
            return []
        lines = self._file.read_text().split("\n")
        if lines[-1]:
            with whole_file(self._file, SearchError) as partial:
                partial.write_text("".join(f"{line}\n" for line in lines[:-1]))
        try:
            old, *answers = (json.loads(line) for line in lines[:-1])
            changed = [name for name in sorted({*old, *setting}) if old.get(name) != setting.get(name)]
            valid = all({"values", "score", "queries", "seconds"} == set(answer) for answer in answers)
        except (ValueError, TypeError) as error:
            raise SearchError(f"{self._file} is damaged ({error}); start in another folder") from error
        if changed or not valid:
            raise SearchError(
                f"{self._file} belongs to another search ({', '.join(changed) or 'its lines'} differ); "
                "use another folder or the same settings"
            )
        return answers
