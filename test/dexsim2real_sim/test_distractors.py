"""Distractors stand on the table, clear of each other, of the work area and of every task's objects."""

import mujoco
import numpy as np
import pytest

from dexsim2real_description.cell import Table
from dexsim2real_sim.distractors import COUNT, LARGEST_SCALE, LAYOUTS, TABLE_FRAME, WORK_AREAS, distractor_name, layouts
from dexsim2real_sim.env import make_env
from dexsim2real_sim.tasks import TASKS


class Crowd:
    """All distractors, as large as they get, in one arrangement."""

    names = ("distractor_count", "distractor_scale", "distractor_layout", "distractor_shape")

    def __init__(self, layout, shape=0):
        self._values = [COUNT, LARGEST_SCALE, layout, shape]

    def sample(self, rng, count):
        return np.tile(self._values, (count, 1))


def posed(env, index=0):
    """Model and data of one environment, kinematics done."""
    model, data = env.sim.batch.get_model(index), env.sim.batch.get_data(index)
    mujoco.mj_forward(model, data)
    return model, data


def is_within(model, number, root):
    """Whether a body is `root` or hangs on it."""
    while number not in (root, 0):
        number = model.body_parentid[number]
    return number == root


def test_layouts_are_on_the_table_and_outside_the_work_area():
    places = layouts()
    assert places.shape == (LAYOUTS, COUNT, 3)
    where = places[..., :2] + TABLE_FRAME[:2]
    table = Table()
    assert (np.abs(where - table.centre[:2]) < np.array(table.size[:2]) / 2).all()
    for low, high in np.array(WORK_AREAS):
        assert not ((where > low) & (where < high)).all(axis=-1).any()


@pytest.mark.parametrize("layout", [0, 17, 99])
@pytest.mark.parametrize("shape", [0, 3])
def test_they_stand_on_the_table_and_do_not_touch_each_other(layout, shape):
    model, data = posed(make_env("pick_place", sampler=Crowd(layout, shape)))
    geoms = [model.geom(distractor_name(i)).id for i in range(COUNT)]
    table = model.geom("table").id
    for i, geom in enumerate(geoms):
        assert mujoco.mj_geomDistance(model, data, geom, table, 1.0, None) == pytest.approx(0.0, abs=1e-3)
        for other in geoms[:i]:
            assert mujoco.mj_geomDistance(model, data, geom, other, 1.0, None) > 0.0


@pytest.mark.parametrize("task", TASKS)
def test_they_are_clear_of_every_tasks_objects(task):
    """At the start of 12 episodes, with the largest distractors, by at least a centimetre."""
    env = make_env(task, num_envs=12, seed=2, sampler=Crowd(31))
    for index in range(env.num_envs):
        model, data = posed(env, index)
        table = model.body("table").id
        solid = np.flatnonzero((model.geom_contype | model.geom_conaffinity) != 0)
        objects = [g for g in solid if g != model.geom("table").id]
        for i in range(COUNT):
            geom = model.geom(distractor_name(i)).id
            nearest = min(mujoco.mj_geomDistance(model, data, geom, g, 0.2, None) for g in objects)
            assert nearest > 0.01, (index, i)
            assert is_within(model, model.geom_bodyid[geom], table)


def test_nothing_collides_with_them():
    model = make_env("pick_place").sim.model
    for i in range(COUNT):
        geom = model.geom(distractor_name(i))
        assert geom.contype[0] == geom.conaffinity[0] == 0
