"""Task-aware hand poses: the full task, but for the hand, which starts around what it is to grasp."""

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_sim import make_env
from dexsim2real_sim.tasks import TASKS

WAYS = {  # feature with the ways of fingertips, and how near all of them are [m]
    "pick_place": ("tips_to_markers", 0.045),
    "stacking": ("tips_to_markers", 0.045),
    "peg_insertion": ("tips_to_markers", 0.045),
    "tool_use": ("tips_on_tool", 0.18),
    "pouring": ("tips_in_cup", 0.18),
}


def starts(task, pregrasp):
    env = make_env(task, 12, seed=4, pregrasp=pregrasp, threads=1)
    feature, near = WAYS[task]
    distance = np.linalg.norm(env.features[feature], axis=-1).max(axis=1)
    bodies = {name: pose.copy() for name, pose in env.world.start.items()}
    return distance, near, bodies, env.sim.touching.any()


@pytest.mark.parametrize("task", WAYS)
def test_only_the_hand_starts_elsewhere_and_touches_nothing(task):
    distance, near, bodies, touching = starts(task, pregrasp=True)
    far, _, usual, _ = starts(task, pregrasp=False)
    assert (distance < near).all()
    assert (far > near).all()
    assert not touching
    for name, pose in bodies.items():
        np.testing.assert_array_equal(pose, usual[name])


def test_where_the_object_is_in_the_hand_there_is_no_such_option():
    assert set(TASKS) - set(WAYS) == {"in_hand_rotation"}
    with pytest.raises(DexSim2RealError, match="leave pregrasp out"):
        make_env("in_hand_rotation", pregrasp=True)
