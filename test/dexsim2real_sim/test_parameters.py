"""Every parameter is felt, and applying it twice equals applying it once."""

import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_sim.env import make_env
from dexsim2real_sim.parameters import PARAMETERS, background, camera, check_values, distractors, lighting, names_of
from dexsim2real_sim.parameters.registry import ParameterValues

SEEN = {p.name for group in (background, camera, distractors, lighting) for p in group.PARAMETERS}
FELT = [name for name in PARAMETERS if name not in SEEN]
"""What the robot's own sensors notice; what only cameras notice is tested with pictures."""


class Fixed:
    """A distribution of one point."""

    def __init__(self, **values):
        self.names = tuple(values)
        self._values = list(values.values())

    def sample(self, rng, count):
        return np.tile(self._values, (count, 1))


def clashing(joints=23, steps=24):
    """Actions that close the hand, reverse, and push it against the table and the object."""
    time = np.arange(steps)[:, None]
    actions = np.sin(0.5 * time + np.arange(joints))
    actions[:, 1] = 0.9  # shoulder down
    actions[:, 7:] = np.where(time % 12 < 8, 1.0, -1.0)
    return actions


def trajectory(values):
    """What an environment with these values goes through: sensors and object, flat."""
    env = make_env("pick_place", sampler=Fixed(**values), objects="foam_brick", threads=1)
    object_pose = env.sim.pose("object")
    segment = env.sim.xpos[0, env.sim.body_id("middle_link_2")]
    object_pose[0, :3] = segment + [0.045, 0.0, 0.0]  # between the fingers and the palm
    env.sim.qvel[0, 23] = 0.1
    seen = []
    for action in clashing():
        observation, *_ = env.step(action[None])
        seen.append(np.concatenate([v.ravel() for v in observation.values()]))
    return np.array(seen)


@pytest.fixture(scope="module")
def nominal():
    return trajectory({})


PUSHED = {"push_acceleration": {"push_rate": 30.0}, "push_rate": {"push_acceleration": 50.0}}
"""These two have an effect only together."""


@pytest.mark.parametrize("name", FELT)
def test_has_an_effect(name, nominal):
    p = PARAMETERS[name]
    value = 30.0 if name == "push_rate" else p.range[1] if p.range[1] != p.nominal else p.range[0]
    base = nominal if name not in PUSHED else trajectory(PUSHED[name])
    changed = trajectory({**PUSHED.get(name, {}), name: value})
    assert np.abs(changed - base).max() > 1e-5


@pytest.mark.parametrize("name", [n for n, p in PARAMETERS.items() if p.write is not None])
def test_twice_equals_once(name):
    p = PARAMETERS[name]
    env = make_env("pick_place", threads=1)
    ids = np.array([0])

    def apply():
        env.plant.values.assign(0, {name: p.range[0] if p.range[0] != p.nominal else p.range[1]})
        env.plant.fields.restore(ids)
        env.plant.write_parameters(ids)
        return {field: array.copy() for field, array in env.plant.fields._arrays.items()}

    once = apply()
    twice = apply()
    assert once.keys() == twice.keys()
    for field in once:
        np.testing.assert_array_equal(once[field], twice[field])


def test_registry_is_wide_and_documented():
    assert len(PARAMETERS) >= 40
    assert {p.factor for p in PARAMETERS.values()} >= {
        "lighting", "background", "distractors", "camera_pose", "table_height",
        "object", "contact", "actuation", "touch", "observation",
    }  # fmt: skip
    for p in PARAMETERS.values():
        low, high = p.bounds
        assert low <= p.range[0] <= p.range[1] <= high, p.name
        assert low <= p.nominal <= high, p.name
        assert p.source, p.name
        assert p.meaning, p.name


def test_value_outside_bounds_is_refused_with_both_numbers():
    with pytest.raises(DexSim2RealError, match=r"friction_tip = 9 .*\[0\.05, 3\]"):
        check_values({"friction_tip": 9.0})


def test_unknown_parameter_lists_the_valid_ones():
    with pytest.raises(UnknownNameError, match="Did you mean 'friction_tip'.*object_mass"):
        check_values({"friction_tipp": 1.0})


def test_unknown_factor_lists_the_valid_ones():
    with pytest.raises(UnknownNameError, match="contact"):
        names_of(["colour"])


def test_assign_puts_everything_else_back_to_nominal():
    env = make_env("pick_place", threads=1)
    values: ParameterValues = env.plant.values
    values.assign(0, {"object_mass": 2.0})
    values.assign(0, {"gravity": 9.8})
    assert values["object_mass"][0] == 1.0
    assert values["gravity"][0] == 9.8
