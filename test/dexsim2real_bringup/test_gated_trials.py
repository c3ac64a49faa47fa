"""Trials behind the safety gate in simulated time."""

import json
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from dexsim2real_audit.evaluation import FIRST_SEED
from dexsim2real_bringup import gated_trials
from dexsim2real_bringup.cli import main
from dexsim2real_bringup.gated_trials import GatedTrials
from dexsim2real_description import JOINTS, make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_hw.gate import GateConfig
from dexsim2real_policy import PolicyError
from dexsim2real_policy.builtin import Trajectory, write_scripted
from dexsim2real_policy.pilot import Pilot
from dexsim2real_sim import Twin, Uniform, make_env
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.tasks.base import ARM_READY, HAND_OPEN

IN_HAND = EnvConfig("in_hand_rotation")


def throw(folder):
    """An artifact that turns the arm's second joint by 1.4 rad within 0.2 s."""
    cell = make_cell()
    pose = np.concatenate([ARM_READY, HAND_OPEN])
    far = pose + 1.4 * (np.array(JOINTS) == "arm_joint_2")
    trajectory = Trajectory(np.array([0.1, 0.3]), np.stack([pose, far]))
    specs = ObservationSpec.of_cell(cell), ActionSpec.of_cell(cell)
    write_scripted(folder, trajectory, *specs, "pick_place", "Throw the arm.")
    return str(folder)


def test_a_trial_depends_on_seed_and_number_alone():
    short = replace(IN_HAND, time_limit=0.5)
    with closing(GatedTrials("in_hand_rotation", short, Twin.draw(2))) as cell:
        first, between, again, other = (cell.run(seed, number) for seed, number in ((0, 2), (0, 1), (0, 2), (1, 2)))
        poses = cell.live.object_poses()["object"]
    assert first == again
    assert first.seconds not in (between.seconds, other.seconds)  # the clocks of their nodes began apart
    with closing(GatedTrials("in_hand_rotation", short, Twin.draw(2))) as cell:
        assert cell.run(1, 2) == other
        np.testing.assert_array_equal(cell.live.object_poses()["object"], poses)


def test_a_trial_begins_as_one_without_the_gate_does():
    env = make_env("pick_place", 3, sampler=Uniform())
    env.reset(seed=FIRST_SEED + 4)
    cell = GatedTrials("hold", EnvConfig("pick_place"), sampler=Uniform())
    cell.live.rewind(FIRST_SEED + 4, 2)
    assert cell.live.objects == env.starter.object_names[2]
    np.testing.assert_array_equal(cell.live.plant.values.table[0], env.values.table[2])
    np.testing.assert_array_equal(cell.live.plant.sim.qpos[0], env.sim.qpos[2])
    assert cell.live.feature_names == env.observation_spec.features


def test_a_policy_that_throws_the_arm_is_stopped_by_a_limit_with_a_name(tmp_path):
    result = GatedTrials(throw(tmp_path / "throw"), EnvConfig("pick_place", time_limit=5.0)).run(0, 0)
    assert not result.success
    (stop, *_) = result.stops
    assert stop.limit == "effort" and stop.where.startswith("arm_joint_")
    assert stop.value > stop.bound
    assert 0.0 < stop.seconds < 1.0 and stop.seconds == result.seconds
    assert result.reason.startswith(f"the gate stopped: {stop.limit} {stop.where}: {stop.value:.4g} ")


def test_a_policy_that_falls_silent_is_stopped_for_that_and_its_words_are_kept(monkeypatch):
    step, asked = Pilot.step, []

    def once(self, now_ns):
        asked.append(now_ns)
        if len(asked) > 5:
            raise PolicyError("actions are not finite")
        return step(self, now_ns)

    monkeypatch.setattr(Pilot, "step", once)
    result = GatedTrials("in_hand_rotation", IN_HAND).run(0, 0)
    assert [stop.limit for stop in result.stops] == ["age"]
    assert result.reason.endswith("; the policy says: actions are not finite")


def test_a_gate_that_cannot_be_armed_is_a_failure_with_the_gates_reason(monkeypatch):
    monkeypatch.setattr(gated_trials, "ARM_PATIENCE", 0.5)
    strict = GateConfig(arm_effort=1e-6)
    result = GatedTrials("in_hand_rotation", IN_HAND, gate=strict).run(0, 0)
    assert not result.success and result.seconds == 0.0
    assert result.reason.startswith("cannot arm: effort arm_joint_")


@pytest.mark.parametrize("artifact", ["in_hand_rotation_tvcap", "pick_place"])
def test_policies_that_see_images_or_what_only_a_simulator_knows_run_too(artifact):
    task = artifact.removesuffix("_tvcap")
    with closing(GatedTrials(artifact, EnvConfig(task, time_limit=0.2), Twin.draw(1))) as cell:
        result = cell.run(0, 0)
    assert result.reason.startswith("time is up: ") and not result.stops


def test_the_shipped_policy_passes_and_the_command_says_so(tmp_path, capsys):
    found = tmp_path / "found.json"
    words = ["evaluate", "in_hand_rotation", "--gate", "--parameters", "nominal", "--trials", "3", "--seeds", "1"]
    assert main([*words, "--json", str(found)]) == 0
    data = json.loads(found.read_text())
    assert "behind the safety gate" in data["title"]
    assert [trial["success"] for trial in data["trials"]] == [True] * 3
    assert all(trial["stops"] == [] and 0.5 < trial["limited"] <= 1.0 for trial in data["trials"])
    assert "stopped by" in capsys.readouterr().out


def test_the_command_counts_stops_by_limit(tmp_path, capsys):
    found = tmp_path / "found.json"
    words = ["evaluate", throw(tmp_path / "throw"), "--gate", "--trials", "2", "--seeds", "1"]
    assert main([*words, "--json", str(found)]) == 0
    trials = json.loads(found.read_text())["trials"]
    assert all(trial["stops"][0].keys() == {"limit", "where", "value", "bound", "seconds"} for trial in trials)
    out = capsys.readouterr().out
    assert "Stopped by the safety gate" in out and trials[0]["stops"][0]["limit"] in out


def test_what_the_gate_cannot_be_put_before_gives_one_error(capsys):
    for words in (["script", "--task", "pick_place"], ["in_hand_rotation", "--videos", "1"]):
        assert main(["evaluate", *words, "--gate"]) == 2
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1 and "leave out --gate" in error
