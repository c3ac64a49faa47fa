"""A training's folder: its settings, what every update found, its checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import Any

from dexsim2real_description.optional import require
from dexsim2real_description.writing import whole_file
from dexsim2real_dr.curriculum.scheduler import SchedulerConfig
from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.progress import Progress
from dexsim2real_sim.revision import git_revision

CONFIG, METRICS, CHECKPOINT = "config.json", "metrics.jsonl", "checkpoint.pt"
_MAY_CHANGE = ("steps", "threads", "device")
"""Settings that do not change what has been trained so far."""


def open_run(folder: Path, config: TrainConfig) -> bool:
    """Prepare a folder for a training; returns whether one was begun there, which is then to be resumed.

    Raises TrainingError if the folder cannot be written or holds a training with other settings.
    """
    setting = _plain(config)
    begun = (folder / CHECKPOINT).is_file()
    if begun:
        _check_same(folder, setting, read_setting(folder))
    write(folder / CONFIG, json.dumps({"revision": git_revision(), **setting}, indent=2) + "\n")
    return begun


def read_config(folder: Path) -> TrainConfig:
    """The settings of the training in a folder. Raises TrainingError if there is none."""
    data = read_setting(folder)
    try:
        ppo: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in data.pop("ppo").items()}
        scheduler = SchedulerConfig(**data.pop("scheduler", {}))
        paths = {name: Path(data[name]) for name in ("randomization", "start_from", "student") if data.get(name)}
        return TrainConfig(**{**data, **paths, "ppo": PpoConfig(**ppo), "scheduler": scheduler})
    except (TypeError, KeyError, AttributeError) as error:
        raise TrainingError(f"{folder / CONFIG} was written by another version: {error}; train anew") from error


def read_revision(folder: Path) -> str:
    """Git revision of the code that the training in a folder last ran with."""
    return str(_read_json(folder).get("revision", "unknown"))


def read_setting(folder: Path) -> dict[str, Any]:
    """The settings as they are in the file. Raises TrainingError if there are none."""
    data = _read_json(folder)
    data.pop("revision", None)
    return data


def read_metrics(folder: Path) -> list[Progress]:
    """What every update found, in order. Raises TrainingError for a damaged file."""
    file = folder / METRICS
    if not file.exists():
        return []
    try:
        return [Progress(**json.loads(line)) for line in file.read_text().splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(f"cannot read {file}: {error}; delete it to go on without the past curves") from error


def write(file: Path, text: str) -> None:
    """Write a file, whole or not at all. Raises TrainingError if that cannot be done."""
    with whole_file(file, TrainingError) as partial:
        partial.write_text(text)


class Recorder:
    """Appends what each update found to the metrics file and to TensorBoard's."""

    def __init__(self, folder: Path, update: int) -> None:
        """Forgets what was recorded after `update`, which a resumed training does again."""
        kept = [entry for entry in read_metrics(folder) if entry.update <= update]
        write(folder / METRICS, "".join(json.dumps(asdict(entry)) + "\n" for entry in kept))
        self._file = (folder / METRICS).open("a", buffering=1)
        writer = require("torch.utils.tensorboard", "train").SummaryWriter
        self._board = writer(str(folder / "tensorboard"), purge_step=update + 1)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._board.close()

    def add(self, entry: Progress) -> None:
        """Record one update. Raises TrainingError if the disk refuses."""
        try:
            self._file.write(json.dumps(asdict(entry)) + "\n")
        except OSError as error:
            raise TrainingError(f"cannot write {self._file.name}: {error.strerror}; free some space") from error
        for name, value in entry.numbers().items():
            self._board.add_scalar(name, value, entry.update)


def _check_same(folder: Path, setting: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    before = {**_plain(TrainConfig(setting["task"])), **found}  # what is new since it was begun had its default
    for name in sorted({*setting, *before} - {*_MAY_CHANGE}):
        if setting.get(name) != before[name]:
            raise TrainingError(
                f"{folder} holds a training with another {name}: {before[name]!r}, now {setting.get(name)!r}; "
                "choose another folder with --out, or the same settings to go on"
            )


def _read_json(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / CONFIG).read_text())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise TrainingError(f"{folder} holds no training: it has no {CONFIG}; give the folder of one") from error
    except (OSError, ValueError) as error:
        raise TrainingError(f"cannot read {folder / CONFIG}: {error}; train anew in another folder") from error
    if not isinstance(data, dict):
        raise TrainingError(f"{folder / CONFIG} does not hold settings; train anew in another folder")
    return data


def _plain(config: TrainConfig) -> dict[str, Any]:
    """As JSON has it."""
    data: dict[str, Any] = json.loads(json.dumps(asdict(config), default=str))
    return {field.name: data[field.name] for field in fields(config)}
