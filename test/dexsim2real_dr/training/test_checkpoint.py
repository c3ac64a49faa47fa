"""Checkpoints hold no code, and a bad one gives one clear error."""

import os
import pickle
from pathlib import Path

import pytest
import torch

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.checkpoint import Checkpoint

GOOD = Checkpoint("pick_place", 7, 1.5, {"actor_state_dict": {"w": torch.arange(3.0)}}, "{}")


def test_what_was_saved_is_read(tmp_path: Path) -> None:
    GOOD.save(tmp_path / "c.pt")
    found = Checkpoint.load(tmp_path / "c.pt")
    assert (found.task, found.update, found.seconds, found.curriculum) == ("pick_place", 7, 1.5, "{}")
    assert found.agent["actor_state_dict"]["w"].tolist() == [0.0, 1.0, 2.0]


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c.pt"
    GOOD.save(file)

    def full(state: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(TrainingError, match="No space left on device; free some space"):
        GOOD.save(file)
    assert Checkpoint.load(file).update == 7
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    (tmp_path / "c.pt.partial").symlink_to("/dev/full")
    with pytest.raises(TrainingError, match="cannot write"):
        GOOD.save(tmp_path / "c.pt")
    assert not (tmp_path / "c.pt").exists()


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch harmed",)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a checkpoint", pickle.dumps({"schema": 1}), pickle.dumps(Harmful())],
)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.pt").write_bytes(content)
    with pytest.raises(TrainingError):
        Checkpoint.load(tmp_path / "c.pt")
    assert not (tmp_path / "harmed").exists()


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"schema": 1, "task": Harmful()}, tmp_path / "c.pt")
    with pytest.raises(TrainingError, match="not a checkpoint"):
        Checkpoint.load(tmp_path / "c.pt")
    assert not (tmp_path / "harmed").exists()


def test_missing_other_version_and_other_fields_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no checkpoint"):
        Checkpoint.load(tmp_path / "none.pt")
    torch.save({"schema": 99}, tmp_path / "c.pt")
    with pytest.raises(TrainingError, match="not of schema 1"):
        Checkpoint.load(tmp_path / "c.pt")
    torch.save({"schema": 1, "task": "pick_place"}, tmp_path / "c.pt")
    with pytest.raises(TrainingError, match="not a checkpoint of a training"):
        Checkpoint.load(tmp_path / "c.pt")
