"""A step of the loop: a command line with the files it reads and makes, done again only when these have changed."""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dexsim2real_bringup.cli.tables import write_json


@dataclass(frozen=True)
class Step:
    """One command of the loop."""

    name: str
    words: tuple[str, ...]
    """The command line after `dexsim2real`."""
    outputs: tuple[Path, ...]
    """Files and folders that are there once it has succeeded."""
    inputs: tuple[Path, ...] = ()
    """Files and folders that it reads, made by a person or by earlier steps."""
    why: str = ""
    """What it is for, in words."""
    resumes: bool = False
    """Started again after an interruption, it goes on with what it had left behind."""

    @property
    def command(self) -> str:
        """As a person would type it."""
        return shlex.join(("dexsim2real", *self.words))


@dataclass(frozen=True)
class Record:
    """What is remembered of a step: the contents of its JSON file."""

    command: str
    inputs: dict[str, str]
    """sha256 of each input, by path."""
    seconds: float | None = None
    """How long it took; None until it has succeeded."""

    @classmethod
    def of(cls, step: Step) -> Record:
        """Of a step that is to be begun now: this reads all its inputs."""
        return cls(step.command, {str(path): digest(path) for path in step.inputs})


class Records:
    """What was begun and what is done, kept as one small JSON file per step."""

    def __init__(self, folder: Path) -> None:
        """`folder` need not be there yet."""
        self._folder = folder

    def find(self, step: Step, fresh: Record) -> Record | None:
        """What is remembered of this very step, the command and the inputs of `fresh`; None if there is nothing."""
        record = self._read(step)
        return record if record is not None and replace(record, seconds=None) == fresh else None

    def save(self, step: Step, record: Record) -> None:
        """Remember that a step was begun or has succeeded. Raises DexSim2RealError if it cannot be written."""
        write_json(self._file(step), asdict(record))

    def _file(self, step: Step) -> Path:
        return self._folder / f"{step.name.replace(' ', '_')}.json"

    def _read(self, step: Step) -> Record | None:
        try:
            return Record(**json.loads(self._file(step).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


def digest(path: Path) -> str:
    """sha256 of a file, or of the names and contents of all files in a folder; empty if there is neither."""
    if path.is_file():
        return _of_file(path)
    if not path.is_dir():
        return ""
    whole = hashlib.sha256()
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        whole.update(f"{file.relative_to(path)} {_of_file(file)}\n".encode())
    return whole.hexdigest()


def _of_file(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
