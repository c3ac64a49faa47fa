"""Meshes change how the robot looks and nothing else."""

import mujoco
import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, make_cell, meshes
from dexsim2real_description.meshes import visual_meshes
from dexsim2real_sim import make_env
from dexsim2real_sim.robot import UNSEEN

installed = pytest.mark.skipif(not visual_meshes(make_cell()), reason="example-robot-data is not installed: no meshes")


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr(meshes, "visual_meshes", lambda cell: {})
    with pytest.raises(DexSim2RealError, match=r"example-robot-data.*dexsim2real\[meshes\]"):
        make_env("pick_place", threads=1, meshes=True)


@installed
def test_physics_and_touch_are_the_same_to_the_bit():
    ends = []
    for shown in (False, True):
        env = make_env("in_hand_rotation", num_envs=2, threads=1, meshes=shown)
        env.reset()
        actions = np.random.default_rng(0)
        for _ in range(10):
            observation, *_ = env.step(actions.uniform(-1, 1, (2, 23)))
        ends.append((env.sim.qpos.copy(), observation["touch"]))
    np.testing.assert_array_equal(ends[0][0], ends[1][0])
    np.testing.assert_array_equal(ends[0][1], ends[1][1])


@installed
def test_each_mesh_is_seen_in_place_of_its_links_shapes():
    env = make_env("pick_place", threads=1, meshes=True)
    model = env.sim.model
    links = list(visual_meshes(env.cell))
    drawn = np.flatnonzero(model.geom_group < UNSEEN)
    kinds = {link: set(model.geom_type[drawn[model.geom_bodyid[drawn] == model.body(link).id]]) for link in links}
    assert all(found == {int(mujoco.mjtGeom.mjGEOM_MESH)} for found in kinds.values())
    assert not model.geom_contype[model.geom_type == mujoco.mjtGeom.mjGEOM_MESH].any()
    frame = env.make_cameras((60, 80)).frames(np.array([0]), geoms=True)
    assert model.body("palm").id in frame.bodies(model)  # segmentation still finds the body
