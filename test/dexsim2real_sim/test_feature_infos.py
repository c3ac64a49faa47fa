"""What the tasks say of their features is what they measure."""

import pytest

from dexsim2real_sim import make_env
from dexsim2real_sim.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_names_and_shapes_are_those_measured(task):
    env = make_env(task, 2, threads=1)
    said = {name: info.shape for name, info in env.task.feature_infos.items()}
    assert said == {name: value.shape[1:] for name, value in env.features.items()}
    assert list(said) == list(env.features)  # the order is that of the observation's columns
    assert {info.unit for info in env.task.feature_infos.values()} <= {"m", "m/s", "rad", "rad/s", "1"}
