"""The cell around the robot: table, floor, backdrop, lights, cameras; every task starts from this spec."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Cell
from dexsim2real_description.camera import CameraMount, Intrinsics
from dexsim2real_description.meshes import Meshes
from dexsim2real_description.model import Vec3
from dexsim2real_sim.distractors import add_distractors
from dexsim2real_sim.physics import Physics
from dexsim2real_sim.robot import FIXTURE, add_robot
from dexsim2real_sim.textures import PROCEDURAL, add_texture_bank, texture_name

BACKDROP = "backdrop"
TABLE = "table"
LIGHT = "key_light"
FILL_LIGHT = "fill_light"
TABLE_RGB: Vec3 = (0.72, 0.5, 0.34)
BACKDROP_RGB: Vec3 = (0.74, 0.78, 0.84)
TABLE_REPEAT, BACKDROP_REPEAT = 1.0, 2.0
"""Of their textures [1/m]."""
OVERVIEW = CameraMount(
    "overview",
    "world",
    (1.3, -0.75, 0.65),
    (-0.78, 0.72, -0.42),
    (0.0, 0.0, 1.0),
    Intrinsics(640, 480, fx=620.0, fy=620.0, cx=320.0, cy=240.0),
)
"""A camera for people, which sees the whole cell; no policy has it."""
FLOOR = -0.75
"""Height of the floor [m]: a table of usual height, its top at the robot's base."""


def base_scene(
    cell: Cell, physics: Physics, textures: Path | None = None, meshes: Meshes | None = None
) -> mujoco.MjSpec:
    """Robot, table, backdrop, lights and cameras, without objects.

    `textures` is a folder with further ones, `meshes` are looks of the robot's links.
    """
    spec = mujoco.MjSpec()
    spec.modelname = "dexsim2real"
    spec.compiler.degree = False
    physics.apply(spec.option)
    spec.default.geom.solref[:] = (physics.contact_time, 1.0)
    _set_visual(spec)
    add_robot(spec, cell, meshes)
    add_texture_bank(spec, textures)
    _add_table(spec, cell)
    _add_backdrop(spec)
    _add_lights(spec)
    for mount in (*cell.cameras, OVERVIEW):
        _add_camera(spec, mount)
    return spec


def _set_visual(spec: mujoco.MjSpec) -> None:
    visual = spec.visual
    visual.quality.numquads = 4  # light is computed per corner, so large faces need some
    visual.headlight.ambient[:] = 0.1
    visual.headlight.diffuse[:] = 0.1
    visual.headlight.specular[:] = 0.0
    visual.map.znear, visual.map.zfar = 0.005, 20.0
    spec.stat.extent = 1.0  # lengths of the visual settings are in metres


def _add_table(spec: mujoco.MjSpec, cell: Cell) -> None:
    """Table top with legs, distractors on it, and the pedestal that the robot stands on."""
    table, size = cell.table, np.array(cell.table.size)
    _add_material(spec, TABLE, texture="wood", rgb=TABLE_RGB, repeat=TABLE_REPEAT)
    body = spec.worldbody.add_body(name=TABLE, pos=np.array(table.centre) - [0.0, 0.0, size[2] / 2])
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
    length = -FLOOR - size[2]
    for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        x, y = (size[:2] / 2 - 0.04) * corner
        _add_decoration(body, (0.025, 0.025, length / 2), (x, y, -(size[2] + length) / 2), (0.3, 0.3, 0.32))
    _add_decoration(spec.worldbody, (0.13, 0.13, -FLOOR / 2), (-0.05, 0.0, FLOOR / 2), (0.25, 0.26, 0.28))
    add_distractors(body)


def _add_decoration(
    body: mujoco.MjsBody, size: tuple[float, float, float], pos: tuple[float, float, float], rgb: Vec3
) -> None:
    """A box that nothing touches."""
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX, size=size, pos=pos, rgba=(*rgb, 1.0), contype=0, conaffinity=0, mass=0.0
    )


def _add_material(spec: mujoco.MjSpec, name: str, texture: str, rgb: Vec3, repeat: float) -> None:
    """A matt material with a texture of the bank, tinted; a texture is repeated per metre."""
    material = spec.add_material(name=name, rgba=(*rgb, 1.0), texrepeat=(repeat, repeat), specular=0.2, shininess=0.2)
    material.texuniform = True
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture_name(PROCEDURAL.index(texture))


def _add_backdrop(spec: mujoco.MjSpec) -> None:
    """Floor and walls that the cameras see behind the table; nothing touches them."""
    _add_material(spec, BACKDROP, texture="fabric", rgb=BACKDROP_RGB, repeat=BACKDROP_REPEAT)
    faces = {
        "floor": ((0.0, 0.0, FLOOR), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)),
        "wall_back": ((-0.8, 0.0, 0.75), (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
        "wall_front": ((2.4, 0.0, 0.75), (0.0, -1.0, 0.0, 0.0, 0.0, 1.0)),
        "wall_left": ((0.3, 1.6, 0.75), (1.0, 0.0, 0.0, 0.0, 0.0, 1.0)),
        "wall_right": ((0.3, -1.6, 0.75), (-1.0, 0.0, 0.0, 0.0, 0.0, 1.0)),
    }
    for name, (pos, axes) in faces.items():
        spec.worldbody.add_geom(
            name=name,
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=(3.0, 3.0, 0.5),
            pos=pos,
            quat=quaternion_from_axes(np.array(axes[:3]), np.array(axes[3:])),
            material=BACKDROP,
            contype=0,
            conaffinity=0,
        )


def _add_lights(spec: mujoco.MjSpec) -> None:
    """One lamp over the table and a weaker one from the other side; both far, so they shine in one direction."""
    spec.worldbody.add_light(
        name=LIGHT,
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=LIGHT_POSITION,
        dir=direction_to_table(np.array(LIGHT_POSITION)),
        ambient=(0.3, 0.3, 0.3),
        diffuse=(0.55, 0.55, 0.55),
        specular=(0.25, 0.25, 0.25),
        castshadow=True,
    )
    spec.worldbody.add_light(
        name=FILL_LIGHT,
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=(0.2, 1.2, 1.8),
        dir=direction_to_table(np.array([0.2, 1.2, 1.8])),
        diffuse=(0.3, 0.3, 0.3),
        castshadow=False,
    )


LIGHT_POSITION = (0.9, -0.7, 1.6)
"""[m]"""


def direction_to_table(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors from lamps at `position` [m] to the middle of the table, shape (..., 3)."""
    way = np.array(Cell.table.centre) - position
    unit: NDArray[np.float64] = way / np.linalg.norm(way, axis=-1, keepdims=True)
    return unit


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
