"""The commands of imitation, from demonstrations to a student."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dexsim2real_bringup.cli import main
from dexsim2real_dr.imitation.demonstrations import Demonstrations, Episode
from dexsim2real_policy import load_policy
from dexsim2real_sim import DexEnv


def test_demonstrations_to_a_clone_to_a_student(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demos, clone, student = tmp_path / "d.npz", tmp_path / "clone", tmp_path / "student"
    record = ["demos", "--task", "pick_place", "--out", f"{demos}", "--envs", "2", "--json", f"{tmp_path / 'd.json'}"]
    assert main([*record, "--episodes", "1"]) == 0
    assert main([*record, "--episodes", "2"]) == 0  # goes on
    (row,) = json.loads((tmp_path / "d.json").read_text())["rows"]
    assert row["episodes"] == 2
    assert 0 < row["expert's success"] <= 1
    learner = ["--learner.steps", "4", "--learner.batch", "16"]
    assert main(["clone", "--demos", f"{demos}", "--out", f"{clone}", "--chunk", "2", "--layers", "16", *learner]) == 0
    assert load_policy(clone / "policy").contract.task == "pick_place"
    tiny = [
        "--network.width",
        "16",
        "--network.vision.width",
        "16",
        "--network.vision.depth",
        "1",
        "--network.chunk",
        "2",
    ]
    teach = ["distill", "--task", "pick_place", "--teacher", f"{clone / 'policy'}@colored_block", "--out", f"{student}"]
    size = ["--rounds", "1", "--episodes", "1", "--envs", "1", "--no-vision"]
    assert main([*teach, *size, *tiny, *learner]) == 0
    assert load_policy(student / "policy").contract.observation.features == ()
    assert "held-out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["demos", "--task", "juggling", "--episodes", "1", "--out", "d.npz"], "juggling"),
        (["demos", "--task", "pick_place", "--episodes", "0", "--out", "d.npz"], "positive"),
        (["demos", "--task", "pick_place", "--episodes", "1", "--student", "nowhere", "--out", "d.npz"], "nowhere"),
        (["clone", "--demos", "none.npz", "--out", "run"], "dexsim2real demos"),
        (["distill", "--task", "pick_place", "--teacher", "nowhere", "--no-vision", "--out", "run"], "nowhere"),
        (["distill", "--task", "pick_place", "--teacher", "expert@teapot", "--no-vision", "--out", "run"], "teapot"),
        (["distill", "--task", "pick_place", "--teacher", "expert", "--glimpses", "9", "--out", "run"], "--glimpses"),
        (
            ["distill", "--task", "pick_place", "--teacher", "pick_place", "--glimpses", "-1", "--out", "run"],
            "0 or more",
        ),
        (["distill", "--task", "pick_place", "--teacher", "expert", "--episodes", "0", "--out", "run"], "1 or more"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())  # nothing is left behind


def test_ctrl_c_keeps_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(env: DexEnv, noise: float, seed: int, planned: bool, student: None) -> Iterator[Episode]:
        for reason in ("", "dropped", ""):
            yield Episode({"touch": np.zeros((2, 3), np.float32)}, np.zeros((2, 23)), np.zeros((2, 23)), reason)
        raise KeyboardInterrupt

    monkeypatch.setattr("dexsim2real_bringup.cli.demos.demonstrate", stopped)
    assert main(["demos", "--task", "pick_place", "--episodes", "9", "--envs", "1", "--out", f"{tmp_path / 'd'}"]) == 0
    found = Demonstrations.load(tmp_path / "d")
    assert (len(found.episodes), found.tried) == (2, 3)


def test_demonstrations_of_another_kind_are_not_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "d.npz"
    first = ["demos", "--task", "pick_place", "--episodes", "1", "--envs", "1", "--out", f"{out}"]
    assert main(first) == 0
    content = out.read_bytes()
    assert main([*first, "--noise", "0.1"]) == 2
    assert "choose another file" in capsys.readouterr().err
    assert out.read_bytes() == content
