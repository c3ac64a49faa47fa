"""Cameras: how far pose and field of view are from what the description says, and the noise of colour and depth."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import CAMERAS
from dexsim2real_description.camera import DEPTH_SUBPIXEL
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter, Write

Array = NDArray[np.float64]

LONGEST_IMAGE_LAG = 0.2
"""[s]"""
_AXES = {"roll": (0.0, 0.0, -1.0), "pitch": (1.0, 0.0, 0.0), "yaw": (0.0, -1.0, 0.0)}
"""About forward, right and down of the image, in MuJoCo's camera frame: x right, y up, looking along -z."""


def _write_shift(camera: str, axis: int) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("cam_pos")[ids, fields.index("camera", camera), axis] += values

    return write


def _write_turn(camera: str, axis: tuple[float, float, float]) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        number, quats = fields.index("camera", camera), fields.array("cam_quat")
        turn, turned = np.zeros(4), np.zeros(4)
        for env, angle in zip(ids, values, strict=True):
            mujoco.mju_axisAngle2Quat(turn, np.array(axis), angle)
            mujoco.mju_mulQuat(turned, quats[env, number], turn)
            quats[env, number] = turned

    return write


def _write_field_of_view(camera: str) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("cam_fovy")[ids, fields.index("camera", camera)] += values

    return write


def _mounting(camera: str, metres: float, radians: float) -> tuple[Parameter, ...]:
    """Six parameters of pose and one of the lens, for one camera."""
    source = "DEXTRAH +-0.03 m, +-3 deg for a fixed camera (FACTS 7.2)"
    if camera == "wrist":
        source = "tolerance of a bracket, our estimate: a third of a fixed camera's"
    shifts = tuple(
        Parameter(
            f"{camera}_camera_{axis}",
            nominal=0.0,
            bounds=(-0.2, 0.2),
            range=(-metres, metres),
            unit="m",
            factor="camera_pose",
            meaning=f"{camera} camera's position beside the described one, {axis} of what carries it",
            source=source,
            write=_write_shift(camera, i),
        )
        for i, axis in enumerate("xyz")
    )
    turns = tuple(
        Parameter(
            f"{camera}_camera_{name}",
            nominal=0.0,
            bounds=(-0.5, 0.5),
            range=(-radians, radians),
            unit="rad",
            factor="camera_pose",
            meaning=f"{camera} camera's {name} beside the described one, about its own axis",
            source=source,
            write=_write_turn(camera, axis),
        )
        for name, axis in _AXES.items()
    )
    lens = Parameter(
        f"{camera}_camera_fov",
        nominal=0.0,
        bounds=(-15.0, 15.0),
        range=(-0.6, 0.6),
        unit="deg",
        factor="camera_pose",
        meaning=f"{camera} camera's vertical field of view beside the described one",
        source="focal lengths of D435s at 640 x 480 are 610 to 620 px (FACTS 4.2): +-0.35 deg, nearly doubled",
        write=_write_field_of_view(camera),
    )
    return (*shifts, *turns, lens)


PARAMETERS = (
    *_mounting(CAMERAS[0], metres=0.03, radians=0.052),
    *_mounting(CAMERAS[1], metres=0.01, radians=0.017),
    Parameter(
        "image_noise",
        nominal=1.5,
        bounds=(0.0, 50.0),
        range=(0.0, 5.0),
        unit="of 255",
        factor="observation",
        granularity="frame",
        meaning="standard deviation of every colour value",
        source="small sensor in room light, our estimate",
    ),
    Parameter(
        "depth_noise",
        nominal=DEPTH_SUBPIXEL,
        bounds=(0.0, 1.0),
        range=(0.032, 0.16),
        unit="px",
        factor="observation",
        granularity="frame",
        meaning="matching error of the depth camera, standard deviation",
        source="0.032 at best, 0.08 typical (FACTS 4.3), up to twice that",
    ),
    Parameter(
        "image_lag",
        nominal=0.07,
        bounds=(0.0, LONGEST_IMAGE_LAG),
        range=(0.05, 0.14),
        unit="s",
        factor="observation",
        meaning="age of colour images in the observation, rounded up to whole frames",
        source="RGB latency to inject 50-140 ms (FACTS 7.3)",
    ),
)
