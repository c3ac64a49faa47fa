"""Decompositions: the shipped ones are what the scripted motions do; a bad one is refused with one line."""

import numpy as np
import pytest
import yaml

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_dr.curriculum.decomposition import load, parse, reference
from dexsim2real_sim import make_env
from dexsim2real_sim.scripted import SCRIPTS
from dexsim2real_sim.tasks import TASKS

SLOW = {"in_hand_rotation"}  # planned in simulation


@pytest.mark.parametrize("task", [pytest.param(t, marks=[pytest.mark.slow] * (t in SLOW)) for t in TASKS])
def test_the_scripted_motion_passes_every_sub_skill_in_order(task):
    env = make_env(task, 1, seed=2, threads=1)
    env.reset()
    script, left = SCRIPTS[task](env), list(reference(task).skills)
    held, succeeded, begun = 0.0, False, []
    while not succeeded:
        features, before = env.features, int(env.steps[0])
        _, _, terminated, truncated, info = env.step(script.act())
        succeeded = bool(info["success"][0])
        if left and len(left) > 1:
            reached = all(p.margin(features)[0] >= 0 for p in left[0].success)
            held = held + 1 / 30 if reached else 0.0
            if reached and held >= left[0].hold:
                begun.append(before)
                left.pop(0)
                held = 0.0
        assert succeeded or not (terminated | truncated)[0], f"left {[s.name for s in left]}"
    assert [skill.name for skill in left] == [reference(task).skills[-1].name]
    if env.task.hold:  # then the goal held a step earlier already
        assert all(p.margin(features)[0] >= 0 for p in left[0].success)
    assert min(np.diff([0, *begun])) > 0  # each takes its time


@pytest.mark.parametrize("task", TASKS)
def test_a_reference_survives_a_file(task, tmp_path):
    reference(task).save(tmp_path / "d.yaml")
    assert load(tmp_path / "d.yaml") == reference(task)


def test_there_is_no_reference_for_an_unknown_task():
    with pytest.raises(UnknownNameError, match="Valid: in_hand_rotation"):
        reference("juggling")


@pytest.fixture
def data():
    return yaml.safe_load(yaml.safe_dump(reference("pick_place").model_dump(mode="json")))


def change(data, path, value):
    *way, last = path
    for step in way:
        data = data[step]
    data[last] = value


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["task"], "juggling", "f.yaml: unknown task 'juggling'.*Valid: in_hand_rotation"),
        (
            ["skills", 1, "success", 0, "feature"],
            "touch",
            "sub-skill lift: unknown feature 'touch'.*'touching'.*Valid:",
        ),
        (["skills", 1, "success", 0, "relation"], "more", r"skills.1.success.0.relation: Input should be 'at_least'"),
        (["skills", 1, "name"], "reach", "give each a name of its own"),
        (["skills", 1, "name"], "Lift it!", "skills.1.name: String should match"),
        (["skills", 2, "starts"], [0.4, 0.1], "carry starts at.*easier difficulty first"),
        (["skills", 0, "starts"], [0.4, 0.9], "the first sub-skill must reach 1"),
        (["skills", 0, "starts"], [0.4, 1.5], "skills.0.starts.1: Input should be less than or equal to 1"),
        (["skills"], [], "skills: Tuple should have at least 1 item"),
        (["skills", 0, "reward"], "exec('x')", "skills.0.reward: Extra inputs"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(data, path, value, words):
    change(data, path, value)
    with pytest.raises(DexSim2RealError, match=words) as error:
        parse(yaml.safe_dump(data), "f.yaml")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "!!python/object/apply:os.system ['true']", "null"])
def test_what_is_no_decomposition_is_refused(text, tmp_path):
    (tmp_path / "d.yaml").write_text(text)
    with pytest.raises(DexSim2RealError, match=r"d.yaml"):
        load(tmp_path / "d.yaml")
    with pytest.raises(DexSim2RealError, match="cannot read"):
        load(tmp_path / "missing.yaml")
