"""The renderer: known points land on their pixels, depth is metric, geoms are named, sizes are checked."""

import os
import subprocess
import sys
from dataclasses import replace

import mujoco
import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError, make_cell
from dexsim2real_description.camera import CameraMount, Intrinsics
from dexsim2real_sim import render_context
from dexsim2real_sim.physics import TRAINING
from dexsim2real_sim.render import SceneRenderer
from dexsim2real_sim.scene import base_scene

MARK = 0.004
"""Radius of the marker balls [m]."""


def marked(mount, points, lens):
    """Centroids (column, row) and depths of red balls, drawn one at a time, seen through a mount and a lens."""
    spec = base_scene(make_cell(), TRAINING)
    parent = spec.worldbody if mount.parent == "world" else spec.body(mount.parent)
    kind = mujoco.mjtGeom.mjGEOM_SPHERE
    for i, point in enumerate(points):
        parent.add_geom(name=f"mark_{i}", type=kind, size=[MARK, 0, 0], pos=point, contype=0, conaffinity=0, mass=0)
    model = spec.compile()
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    found = []
    with SceneRenderer(model, lens.width, lens.height) as renderer:
        renderer.look(model, data, model.cam(mount.name).id, lens)
        _, depth = renderer.color_and_depth()
        geoms = renderer.geoms()
    for i in range(len(points)):
        rows, columns = np.nonzero(geoms == model.geom(f"mark_{i}").id)
        found.append((columns.mean() + 0.5, rows.mean() + 0.5, depth[rows, columns].min()))
    return np.array(found)


def points_before(mount, distances):
    """Points in the parent's frame that are off the optical axis in every direction."""
    steep = [(-0.2, -0.15), (0.2, -0.15), (0.0, 0.0), (-0.18, 0.16), (0.22, 0.12)]
    seen = np.array([(x * z, y * z, z) for (x, y), z in zip(steep, distances, strict=True)])
    return np.array(mount.xyz) + seen @ mount.rotation.T, seen


@pytest.mark.parametrize("camera", ["front", "wrist"])
@pytest.mark.parametrize("size", [(480, 640), (224, 224), (100, 260)])
def test_a_known_point_lands_on_the_right_pixel(camera, size):
    mount = next(m for m in make_cell().cameras if m.name == camera)
    lens = mount.intrinsics.scaled(size[1], size[0])
    distances = np.linspace(0.6, 1.0, 5) if camera == "front" else np.linspace(0.08, 0.12, 5)
    points, seen = points_before(mount, distances)
    inside = np.abs(seen[:, 1] / seen[:, 2] * lens.fy) < size[0] / 2 - 5
    found = marked(mount, points[inside], lens)
    x, y, z = seen[inside].T
    assert inside.sum() >= 1
    np.testing.assert_allclose(found[:, 0], lens.cx + lens.fx * x / z, atol=1.0)
    np.testing.assert_allclose(found[:, 1], lens.cy + lens.fy * y / z, atol=1.0)
    np.testing.assert_allclose(found[:, 2], z - MARK, atol=1e-3)


def test_a_principal_point_off_the_centre_shifts_the_image():
    mount: CameraMount = make_cell().cameras[0]
    lens = Intrinsics(640, 480, 600.0, 600.0, 340.0, 225.0)
    points, seen = points_before(replace(mount, intrinsics=lens), np.full(5, 0.7))
    found = marked(mount, points, lens)
    x, y, z = seen.T
    np.testing.assert_allclose(found[:, 0], 340 + 600 * x / z, atol=1.0)
    np.testing.assert_allclose(found[:, 1], 225 + 600 * y / z, atol=1.0)


@pytest.mark.parametrize("size", [(4, 64), (64, 5000)])
def test_sizes_out_of_range_are_refused(size):
    model = base_scene(make_cell(), TRAINING).compile()
    with pytest.raises(DexSim2RealError, match="8 to 4096"):
        SceneRenderer(model, *size)


def test_without_a_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(render_context, "_LIBRARIES", {"egl": "libnone.so.1", "osmesa": "libneither.so.8"})
    with pytest.raises(DexSim2RealError, match=r"libnone\.so\.1.*apt-get install libegl1"):
        render_context.open_context(64, 64)


def test_an_unknown_backend_lists_the_known(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    with pytest.raises(DexSim2RealError, match="nonsense.*egl, osmesa, glfw"):
        render_context.open_context(64, 64)


@pytest.mark.parametrize("backend", ["egl", "osmesa"])
def test_a_chosen_backend_without_its_library_says_so(monkeypatch, backend):
    monkeypatch.setenv("MUJOCO_GL", backend)
    monkeypatch.setitem(render_context._LIBRARIES, backend, "libnone.so.1")
    with pytest.raises(DexSim2RealError, match=f"{backend}.*libnone.*unset MUJOCO_GL.*apt-get"):
        render_context.open_context(64, 64)


@pytest.mark.parametrize("backend", ["osmesa", "nonsense"])
def test_without_images_no_library_is_needed(backend):
    code = "from dexsim2real_sim import make_env; import os; make_env('pick_place', threads=1); "
    code += "print(os.environ['MUJOCO_GL'])"
    environment = {**os.environ, "MUJOCO_GL": backend}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, backend), done.stderr
