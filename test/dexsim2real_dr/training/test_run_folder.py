"""A run's folder knows its settings, refuses others, and forgets what a resumed training does again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dexsim2real_dr.errors import TrainingError
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.progress import Progress
from dexsim2real_dr.training.run_folder import CHECKPOINT, METRICS, Recorder, open_run, read_config, read_metrics

CONFIG = TrainConfig("pouring", randomization=Path("r.yaml"), ppo=PpoConfig(actor_layers=(3, 2)))


def entry(update: int) -> Progress:
    return Progress(update, 16 * update, 1.0, {"difficulty": 0.5}, 2, None, 0.1, 30.0, 0.5, 0.2, 1e-3, 900.0, 0.8)


def test_settings_survive_the_file(tmp_path: Path) -> None:
    assert open_run(tmp_path / "new", CONFIG) is False
    assert read_config(tmp_path / "new") == CONFIG


def test_a_begun_training_goes_on_with_more_steps_but_not_with_other_settings(tmp_path: Path) -> None:
    open_run(tmp_path, CONFIG)
    (tmp_path / CHECKPOINT).touch()
    assert open_run(tmp_path, replace(CONFIG, steps=7)) is True
    with pytest.raises(TrainingError, match="another seed: 0, now 1"):
        open_run(tmp_path, replace(CONFIG, seed=1))
    assert read_config(tmp_path) == replace(CONFIG, steps=7)  # as it was before the refusal


def test_metrics_after_the_checkpoint_are_forgotten(tmp_path: Path) -> None:
    with Recorder(tmp_path, 0) as recorder:
        for update in (1, 2, 3):
            recorder.add(entry(update))
    with Recorder(tmp_path, 2) as recorder:
        recorder.add(replace(entry(3), reward=0.9))
    history = read_metrics(tmp_path)
    assert [found.update for found in history] == [1, 2, 3]
    assert history[-1].reward == 0.9
    assert list((tmp_path / "tensorboard").iterdir())


def test_numbers_are_flat_and_known() -> None:
    numbers = entry(4).numbers()
    assert numbers["difficulty"] == 0.5
    assert numbers["steps"] == 64.0
    assert "success" not in numbers  # None: no episode ended


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "cannot read"), ("[]", "does not hold settings"), (json.dumps({"task": "pouring"}), "another version")],
)
def test_damaged_settings_give_one_error(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(TrainingError, match=words):
        read_config(tmp_path)


def test_a_folder_without_a_training_or_with_damaged_metrics(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no training"):
        read_config(tmp_path)
    (tmp_path / METRICS).write_text("{}\n")
    with pytest.raises(TrainingError, match="cannot read"):
        read_metrics(tmp_path)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"envs": 0}, "envs is 0"),
        ({"steps": -1}, "steps is -1"),
        ({"time_limit": 0.0}, "time-limit is 0 s"),
        ({"envs": 1, "ppo": PpoConfig(rollout=2, mini_batches=4)}, "cannot be split"),
    ],
)
def test_numbers_that_make_no_training_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        TrainConfig("pouring", **settings)
