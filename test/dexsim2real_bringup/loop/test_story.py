"""The story's table counts trials right, and a broken file is one clear error."""

import json

import pytest

from dexsim2real_bringup.graph import RobotOptions
from dexsim2real_bringup.loop.plan import LoopOptions, first_round
from dexsim2real_bringup.loop.story import success_table
from dexsim2real_description import DexSim2RealError


def evaluation(file, won, count):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"trials": [{"success": i < won} for i in range(count)]}))


def evaluations(folder, simulation, twins):
    evaluation(folder / "simulation.json", *simulation)
    for twin, (won, count) in zip((8, 9, 10), twins, strict=True):
        evaluation(folder / f"twin_{twin}.json", won, count)


def test_gap_is_simulation_less_all_twins_together(tmp_path):
    this = first_round(tmp_path)
    evaluations(tmp_path / "before", (9, 10), [(1, 10), (2, 10), (3, 10)])
    evaluations(this.folder, (9, 10), [(7, 10), (8, 10), (9, 10)])
    before, after = success_table(LoopOptions(twin=7), tmp_path / "before", [this])
    assert before["gap [points]"] == 70.0  # 90 % against 6 of 30
    assert after["gap [points]"] == 10.0  # 90 % against 24 of 30
    assert after["all twins"].startswith("80 % (")
    assert after["twin 9"].startswith("80 % (")
    assert after["policy"] == "after round 1"


def test_on_the_robot_the_live_trials_count(tmp_path):
    this = first_round(tmp_path)
    evaluation(this.folder / "simulation.json", 9, 10)
    trials = [{"outcome": "success"}] * 3 + [{"outcome": "failure"}]
    (this.folder / "live.json").write_text(json.dumps({"Trials": trials}))
    robot = RobotOptions(arm="fr3", robot_ip="172.16.0.2")
    (row,) = success_table(LoopOptions(references=tmp_path, real=True, robot=robot), tmp_path / "before", [this])
    assert row["robot"].startswith("75 % (") and row["gap [points]"] == 15.0
    assert "all twins" not in row


def test_without_a_shipped_policy_there_is_no_before(tmp_path):
    this = first_round(tmp_path)
    evaluations(this.folder, (1, 2), [(1, 2)] * 3)
    assert [row["policy"] for row in success_table(LoopOptions(twin=7), tmp_path / "before", [this])] == [
        "after round 1"
    ]


def test_a_broken_file_says_what_to_do(tmp_path):
    this = first_round(tmp_path)
    evaluations(this.folder, (1, 2), [(1, 2)] * 3)
    (this.folder / "twin_9.json").write_text("{")
    with pytest.raises(DexSim2RealError, match="remove it and start the loop again"):
        success_table(LoopOptions(twin=7), tmp_path / "before", [this])
