"""What the Isaac Sim server computes: numpy only (1.26, which comes with Isaac Sim 5.1), no Isaac Sim, no ROS.

`scene` is the content of scene.json (see export_scene.py), `values` the parameters of the node by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Scene = Mapping[str, Any]
Values = Mapping[str, float]

_PARTS = ("arm", "hand")
_MOUNTING = ("x", "y", "z", "roll", "pitch", "yaw")
OFFERED: tuple[str, ...] = (
    *("friction_tip", "friction_object", "friction_table", "restitution", "gravity", "object_mass"),
    *(f"{part}_{kind}" for part in _PARTS for kind in ("stiffness", "damping_gain", "strength", "damping", "armature")),
    *("light_x", "light_y", "light_z", "light_intensity", "light_temperature"),
    *(f"{surface}_{color}" for surface in ("table", "background") for color in ("red", "green", "blue")),
    *(f"{camera}_camera_{axis}" for camera in ("front", "wrist") for axis in _MOUNTING),
)
"""Parameters of the simulator that Isaac Sim can be given while it runs. Others are no parameters of its node."""
SPREAD = 0.004
"""Standard deviation of the Gaussian over which the skin spreads a point contact [m]; as in the MuJoCo cell."""
_NUM_ARM = 7


def check(scene: Scene, name: str, value: object) -> str:
    """Why a parameter cannot have a value; empty if it can."""
    known = scene["parameters"].get(name)
    if known is None:
        return f"{name} cannot be changed while the simulator runs"
    low, high = known["bounds"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return f"{name} = {value!r} is outside its bounds [{low:g}, {high:g}]"
    return ""


def servos(scene: Scene, values: Values) -> dict[str, Array]:
    """Of every joint: kp [N m/rad], kd [N m s/rad], effort [N m], armature [kg m^2], shape (23,) each.

    PhysX has no damping of the joint beside that of its drive, so the two are added.
    """
    own = {name: np.array(column, np.float64) for name, column in scene["servos"].items()}

    def factor(kind: str) -> Array:
        arm, hand = (values[f"{part}_{kind}"] for part in _PARTS)
        return np.where(np.arange(len(own["kp"])) < _NUM_ARM, arm, hand)

    return {
        "kp": own["kp"] * factor("stiffness"),
        "kd": own["kd"] * factor("damping_gain") + own["damping"] * factor("damping"),
        "effort": own["effort"] * factor("strength"),
        "armature": own["armature"] * factor("armature"),
    }


def camera_pose(camera: Mapping[str, Any], values: Values) -> tuple[Array, Array]:
    """Place [m], shape (3,), and orientation w x y z of a camera's optical frame in what carries it.

    Turned about forward, right and down of the image by roll, pitch and yaw, one after the other.
    """
    given = [values[f"{camera['name']}_camera_{axis}"] for axis in _MOUNTING]
    rotation = np.array(camera["rotation"], np.float64)
    for axis, angle in zip(((0, 0, 1), (1, 0, 0), (0, 1, 0)), given[3:], strict=True):  # optical: x right, y down
        rotation = rotation @ _turn(np.array(axis, np.float64), angle)
    return np.array(camera["xyz"]) + given[:3], quaternion(rotation)


def lamp(scene: Scene, values: Values) -> tuple[Array, Array]:
    """Of the lamp over the table: place [m] and orientation w x y z, so that -z shines on the table's middle."""
    place = np.array([values[f"light_{axis}"] for axis in "xyz"])
    back = place - np.array(scene["table"]["centre"])
    z = back / np.linalg.norm(back)
    side = np.array([1.0, 0.0, 0.0]) if abs(z[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    x = np.cross(side, z) / np.linalg.norm(np.cross(side, z))
    return place, quaternion(np.stack([x, np.cross(z, x), z], axis=1))


def targets(scene: Scene, last: Array, names: Sequence[str], positions: Sequence[float]) -> Array | None:
    """Joint targets [rad], shape (23,), after a command for some of the joints; None if it makes no sense."""
    column = {name: index for index, name in enumerate(scene["joints"])}
    wanted = np.array(positions, np.float64)
    if not names or len(names) != len(wanted) or not np.isfinite(wanted).all() or not set(names) <= set(column):
        return None
    made = last.copy()
    made[[column[name] for name in names]] = wanted
    return made


def contacts_of(finger: int, data: Array, counts: Array, starts: Array) -> Array:
    """Rows of one finger's contacts from a PhysX contact buffer, shape (k, n).

    `data` (max, n) holds the contacts of all pairs one after the other; `counts` and `starts` are (fingers, others).
    """
    rows = [data[start : start + count] for start, count in zip(starts[finger], counts[finger], strict=True) if count]
    return np.concatenate(rows) if rows else data[:0]


def taxel_forces(positions: Array, frames: Array, forces: Array, points: Array, tip: tuple[Array, Array]) -> Array:
    """Force that each taxel of one fingertip exerts on what it touches [N], taxel frames (z outward), shape (T, 3).

    `forces` act on the finger at `points`, (k, 3) each in the world; `tip` is place and rotation matrix of its frame;
    `positions` (T, 3) and `frames` (T, 3, 3) are the touch layout's. A contact is shared among taxels by distance,
    exp(-d^2 / 2 s^2), so that the taxels' forces add up to it.
    """
    place, rotation = tip
    made = np.zeros((len(positions), 3))
    for force, point in zip(forces, points, strict=True):
        squared = ((rotation.T @ (point - place) - positions) ** 2).sum(axis=1)
        weights = np.exp((squared.min() - squared) / (2 * SPREAD**2))
        weights /= weights.sum()
        made += weights[:, None] * np.einsum("tij,i->tj", frames, rotation.T @ -force)
    return made


def quaternion(rotation: Array) -> Array:
    """w, x, y, z of a rotation matrix (3, 3), w not negative, shape (4,); Shepperd 1978."""
    r, trace = rotation, np.trace(rotation)
    squares = np.array([trace, r[0, 0], r[1, 1], r[2, 2]])
    largest = int(np.argmax(squares))
    i, j, k = (largest - 1) % 3, largest % 3, (largest + 1) % 3
    made = np.zeros(4)
    if largest == 0:
        made[:] = 1 + trace, r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]
    else:
        made[0] = r[k, j] - r[j, k]
        made[1 + i] = 1 + r[i, i] - r[j, j] - r[k, k]
        made[1 + j], made[1 + k] = r[j, i] + r[i, j], r[k, i] + r[i, k]
    made /= np.linalg.norm(made)
    return made if made[0] >= 0 else -made


def matrix(quat: Array) -> Array:
    """Rotation matrix, shape (3, 3), of w, x, y, z."""
    w, x, y, z = quat / np.linalg.norm(quat)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def _turn(axis: Array, angle: float) -> Array:
    return matrix(np.array([np.cos(angle / 2), *(np.sin(angle / 2) * axis)]))
