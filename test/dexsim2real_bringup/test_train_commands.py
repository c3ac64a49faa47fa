"""From a task to an evaluated artifact on the command line, and one clear error for everything that is wrong."""

import json
import signal
import threading
from pathlib import Path

import pytest

from dexsim2real_bringup.cli import USER_ERROR, main
from dexsim2real_bringup.cli.train import learn
from dexsim2real_dr.training.config import PpoConfig, TrainConfig
from dexsim2real_dr.training.run_folder import read_metrics
from dexsim2real_dr.training.trainer import Trainer

TINY = ["--task", "in_hand_rotation", "--envs", "4", "--save-every", "2", "--time-limit", "0.3", "--ppo.rollout", "4"]


def fails(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that a command says; its exit status is that of a user's error."""
    assert main(words) == USER_ERROR
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_train_resume_export_check_and_evaluate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, table = tmp_path / "run", tmp_path / "table.json"
    command = ["train", *TINY, "--out", str(run), "--json", str(table)]
    assert main([*command, "--steps", "48"]) == 0
    assert main([*command, "--steps", "64"]) == 0  # goes on
    assert [entry.update for entry in read_metrics(run)] == [1, 2, 3, 4]
    assert {"report.html", "policy", "checkpoint.pt", "tensorboard"} < {path.name for path in run.iterdir()}
    row = json.loads(table.read_text())["rows"][0]
    assert row["steps"] == 64
    assert 0 < row["share of the environment alone"] < 1
    assert "another seed: 0, now 1" in fails(capsys, *command, "--seed", "1")

    assert main(["export", str(run), "--out", str(tmp_path / "again")]) == 0
    assert main(["policy", "check", str(tmp_path / "again"), "--arm", "panda"]) == 0
    found = tmp_path / "found.json"
    trials = ["--trials", "2", "--seeds", "2", "--difficulty", "0", "--json", str(found)]
    assert main(["evaluate", str(run / "policy"), *trials, "--twin", "3"]) == 0
    data = json.loads(found.read_text())
    assert [(trial["seed"], trial["number"]) for trial in data["trials"]] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert data["success"]["low"] <= data["success"]["value"] <= data["success"]["high"]
    assert "twin 3" in data["title"]


def test_a_policy_for_another_arm_fits_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "run" / "policy"
    assert main(["train", *TINY, "--arm", "fr3", "--steps", "32", "--out", str(policy.parent)]) == 0
    trials = ["evaluate", str(policy), "--trials", "2", "--seeds", "1"]
    assert main([*trials, "--arm", "fr3"]) == 0
    assert "does not fit this robot" in fails(capsys, *trials)


def test_ctrl_c_finishes_the_update_and_saves(tmp_path: Path) -> None:
    ppo = PpoConfig(rollout=4, epochs=1, mini_batches=2, actor_layers=(8,), critic_layers=(8,))
    config = TrainConfig("in_hand_rotation", envs=4, save_every=2, time_limit=0.3, ppo=ppo)
    trainer, updates = Trainer(config, tmp_path), []

    def note(progress: object) -> None:
        updates.append(progress)
        if len(updates) == 3:
            signal.raise_signal(signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    assert learn(trainer, note) is False  # type: ignore[arg-type]
    resumed = Trainer(config, tmp_path)
    resumed.resume()
    assert resumed.update == len(updates) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_cannot_be_trained_gives_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "run")]
    assert "pick_place" in fails(capsys, "train", "--task", "pick_plaice", *out)
    assert "cannot read" in fails(capsys, "train", *TINY, "--randomization", str(tmp_path / "none.yaml"), *out)
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema: 1\nmethod: vanilla\nparameters: {friction_tipp: 1}\n")
    assert "bad.yaml" in fails(capsys, "train", *TINY, "--randomization", str(bad), *out)
    assert "unknown arm 'fr4'" in fails(capsys, "train", *TINY, "--arm", "fr4", *out)
    assert not (tmp_path / "run").exists()
    assert "no checkpoint" in fails(capsys, "train", *TINY, "--start-from", str(tmp_path / "none.pt"), *out)
    assert "envs is 0" in fails(capsys, "train", "--task", "pouring", "--envs", "0", *out)
    assert "holds no training" in fails(capsys, "export", str(tmp_path))
    (tmp_path / "file").touch()
    assert "cannot write" in fails(capsys, "train", *TINY, "--out", str(tmp_path / "file" / "run"))


def test_what_cannot_be_evaluated_gives_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not a policy artifact" in fails(capsys, "evaluate", str(tmp_path))
    assert "no policy nowhere: give its folder, or one of those shipped: in_hand" in fails(
        capsys, "evaluate", "nowhere"
    )
    assert "it is a file" in fails(capsys, "evaluate", __file__)
    other = ["evaluate", "in_hand_rotation", "--task", "pick_place"]
    assert "one for task in_hand_rotation, not pick_place" in fails(capsys, *other)
    assert "videos is -1" in fails(capsys, "evaluate", "in_hand_rotation", "--videos", "-1")
    assert "say --task" in fails(capsys, "evaluate", "script")
    script = ["evaluate", "script", "--task", "pick_place"]
    assert "difficulty is 2" in fails(capsys, *script, "--difficulty", "2")
    assert "0 seeds of 50 trials" in fails(capsys, *script, "--seeds", "0")
    assert "cannot read twin file" in fails(capsys, *script, "--twin", str(tmp_path / "none.yaml"))
    assert "object" in fails(capsys, *script, "--objects", "invisible")
    assert "cannot read" in fails(capsys, *script, "--parameters", str(tmp_path / "none.yaml"))
