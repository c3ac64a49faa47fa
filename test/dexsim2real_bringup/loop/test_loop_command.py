"""The commands loop and demo: what they refuse, and that they stop at the first step that fails."""

import pytest

from dexsim2real_bringup.cli import loop as command
from dexsim2real_bringup.cli import main
from dexsim2real_bringup.loop.run import StepFailedError


def test_no_rounds_are_refused_before_anything_is_made(tmp_path, capsys):
    assert main(["loop", "--rounds", "0", "--out", str(tmp_path / "loop")]) == 2
    assert "ask for 1 or more" in capsys.readouterr().err
    assert not (tmp_path / "loop").exists()


def test_photographs_that_are_not_there_end_the_first_step(tmp_path, capsys):
    photos, out = str(tmp_path / "none"), tmp_path / "loop"
    assert main(["loop", "--references", photos, "--out", str(out), "--budget", "short"]) == 2
    assert "step 'randomise' failed with status 2" in capsys.readouterr().err
    assert "dexsim2real audit" in (out / "commands.sh").read_text()  # what would have followed


def test_the_demo_runs_nothing_on_a_machine_that_is_not_ready(monkeypatch, tmp_path):
    def fail(*args):
        raise StepFailedError("ran")

    monkeypatch.setattr(command, "doctor", lambda options: 2)
    monkeypatch.setattr(command, "run_steps", fail)
    assert main(["demo", "--out", str(tmp_path)]) == 2
    monkeypatch.setattr(command, "doctor", lambda options: 0)
    with pytest.raises(StepFailedError):
        command.demo(tmp_path)


def test_a_real_robot_is_not_moved_without_a_person(tmp_path, capsys):
    words = ["loop", "--real", "--arm", "fr3", "--robot-ip", "172.16.0.2", "--references", str(tmp_path)]
    assert main([*words, "--out", str(tmp_path / "loop")]) == 2  # pytest's standard input is no terminal
    said = capsys.readouterr()
    assert "the robot at 172.16.0.2 will move, in 60 trials" in said.out
    assert "run it in a terminal, or --yes" in said.err
    assert not (tmp_path / "loop").exists()
