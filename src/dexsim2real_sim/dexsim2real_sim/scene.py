"""The cell around the robot: table, floor, backdrop, lights, cameras; every task starts from this spec."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Cell
from dexsim2real_description.camera import CameraMount
from dexsim2real_sim.physics import Physics
from dexsim2real_sim.robot import FIXTURE, add_robot

BACKDROP = "backdrop"
TABLE = "table"
LIGHT = "key_light"


def base_scene(cell: Cell, physics: Physics) -> mujoco.MjSpec:
    """Robot, table, backdrop, lights and cameras, without objects."""
    spec = mujoco.MjSpec()
    spec.modelname = "dexsim2real"
    spec.compiler.degree = False
    physics.apply(spec.option)
    spec.default.geom.solref[:] = (physics.contact_time, 1.0)
    _quality(spec)
    add_robot(spec, cell)
    _add_table(spec, cell)
    _add_backdrop(spec)
    _add_lights(spec)
    for mount in cell.cameras:
        _add_camera(spec, mount)
    return spec


def _quality(spec: mujoco.MjSpec) -> None:
    """Rendering at a cost a CPU can pay: no multisampling, no shadow map, coarse curved primitives (measured)."""
    visual = spec.visual
    visual.quality.offsamples = 0
    visual.quality.shadowsize = 0
    visual.quality.numslices, visual.quality.numstacks, visual.quality.numquads = 12, 8, 4
    visual.global_.offwidth, visual.global_.offheight = 640, 480
    visual.headlight.ambient[:] = 0.35
    visual.headlight.diffuse[:] = 0.15
    visual.headlight.specular[:] = 0.0
    visual.map.znear, visual.map.zfar = 0.005, 20.0


def _add_table(spec: mujoco.MjSpec, cell: Cell) -> None:
    table, size = cell.table, np.array(cell.table.size)
    centre = np.array(table.centre) - [0.0, 0.0, size[2] / 2]
    spec.add_texture(
        name=TABLE,
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=(0.62, 0.5, 0.38),
        width=64,
        height=64,
    )
    material = spec.add_material(name=TABLE, texrepeat=(1.0, 1.0), specular=0.1, shininess=0.1)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = TABLE
    body = spec.worldbody.add_body(name=TABLE, pos=centre)
    body.add_geom(
        name=TABLE,
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=size / 2,
        material=TABLE,
        contype=FIXTURE,
        conaffinity=0,
        friction=(0.6, 0.005, 0.0001),
        priority=1,  # its friction, not the larger of two, is what an object on it feels
    )


def _add_backdrop(spec: mujoco.MjSpec) -> None:
    """Floor and walls that the cameras see behind the table; nothing touches them."""
    spec.add_texture(
        name=BACKDROP,
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=(0.7, 0.7, 0.68),
        width=64,
        height=64,
    )
    material = spec.add_material(name=BACKDROP, texrepeat=(1.0, 1.0), specular=0.0)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = BACKDROP
    faces = {
        "floor": ((0.0, 0.0, -0.75), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)),
        "wall_back": ((-1.2, 0.0, 0.75), (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
        "wall_left": ((0.3, 2.0, 0.75), (1.0, 0.0, 0.0, 0.0, 0.0, 1.0)),
        "wall_right": ((0.3, -2.0, 0.75), (-1.0, 0.0, 0.0, 0.0, 0.0, 1.0)),
    }
    for name, (pos, axes) in faces.items():
        spec.worldbody.add_geom(
            name=name,
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=(3.0, 3.0, 0.1),
            pos=pos,
            quat=quaternion_from_axes(np.array(axes[:3]), np.array(axes[3:])),
            material=BACKDROP,
            contype=0,
            conaffinity=0,
        )


def _add_lights(spec: mujoco.MjSpec) -> None:
    spec.worldbody.add_light(
        name=LIGHT,
        pos=(0.6, -0.6, 1.6),
        dir=(-0.05, 0.6, -1.6),
        diffuse=(0.7, 0.7, 0.7),
        specular=(0.2, 0.2, 0.2),
        castshadow=True,
    )
    spec.worldbody.add_light(
        name="fill_light", pos=(0.2, 1.2, 1.8), dir=(0.2, -1.0, -1.4), diffuse=(0.25, 0.25, 0.25), castshadow=False
    )


def _add_camera(spec: mujoco.MjSpec, mount: CameraMount) -> None:
    """A camera with real intrinsics; MuJoCo's looks along -z with y up."""
    forward = np.array(mount.forward) / np.linalg.norm(mount.forward)
    right = np.cross(forward, mount.up)
    right /= np.linalg.norm(right)
    parent = spec.worldbody if mount.parent == "world" else spec.body(mount.parent)
    parent.add_camera(
        name=mount.name,
        pos=mount.xyz,
        quat=quaternion_from_axes(right, np.cross(right, forward)),
        fovy=mount.intrinsics.fovy,
    )


def quaternion_from_axes(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """w, x, y, z of the frame with unit axes `x` and `y`, each shape (3,); returns shape (4,)."""
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.stack([x, y, np.cross(x, y)], axis=1).ravel())
    return quat
