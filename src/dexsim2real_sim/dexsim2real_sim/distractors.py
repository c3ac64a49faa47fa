"""Things on the table that have nothing to do with the task: a pool of bodies, moved into view per episode."""

from __future__ import annotations

from functools import lru_cache

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import Cell

Array = NDArray[np.float64]

COUNT = 6
"""Bodies in the pool."""
LAYOUTS = 100
"""Arrangements to choose from."""
WORK_AREAS = (((0.2, -0.2), (0.76, 0.28)), ((0.34, -0.4), (0.56, -0.2)))
"""Corners x, y of the parts of the table that tasks use [m]; distractors stay out of them."""
LARGEST = 0.05
"""Half the largest side of a distractor [m]."""
LARGEST_SCALE = 1.3
"""They may be scaled up to this and still touch neither each other nor a work area."""
TABLE_FRAME = np.array(Cell.table.centre) - [0.0, 0.0, Cell.table.size[2] / 2]
"""Origin of the table's body in the world [m]."""
SHOWN, HIDDEN = Cell.table.size[2] / 2, -5.0
"""Height of a distractor's foot in the table's frame: on its top, or out of every camera's sight [m]."""

Size = tuple[float, float, float]
_GEOM = mujoco.mjtGeom
_SHAPES: tuple[tuple[mujoco.mjtGeom, Size, float, Size], ...] = (
    (_GEOM.mjGEOM_CYLINDER, (0.033, 0.05, 0.0), 0.05, (0.15, 0.25, 0.6)),
    (_GEOM.mjGEOM_BOX, (0.03, 0.045, 0.02), 0.02, (0.75, 0.65, 0.3)),
    (_GEOM.mjGEOM_SPHERE, (0.035, 0.0, 0.0), 0.035, (0.9, 0.5, 0.15)),
    (_GEOM.mjGEOM_BOX, (0.05, 0.035, 0.012), 0.012, (0.2, 0.2, 0.22)),
    (_GEOM.mjGEOM_ELLIPSOID, (0.032, 0.032, 0.045), 0.045, (0.85, 0.75, 0.2)),
    (_GEOM.mjGEOM_CAPSULE, (0.02, 0.025, 0.0), 0.045, (0.7, 0.2, 0.25)),
)
"""Primitive, MuJoCo's size parameters [m], half its height [m], colour; one per body, none wider than LARGEST."""


def distractor_name(index: int) -> str:
    """Name of a body of the pool, and of its geom."""
    return f"distractor_{index}"


def add_distractors(table: mujoco.MjsBody) -> None:
    """Add the pool, hidden; the bodies hang on the table, so that they move with it, and touch nothing."""
    for index, (kind, size, height, rgb) in enumerate(_SHAPES):
        name = distractor_name(index)
        body = table.add_body(name=name, pos=(0.0, 0.0, HIDDEN))
        body.add_geom(
            name=name,
            type=kind,
            size=size,
            pos=(0.0, 0.0, height),
            rgba=(*rgb, 1.0),
            mass=0.0,
            contype=0,
            conaffinity=0,
        )


@lru_cache(maxsize=1)
def layouts() -> Array:
    """Where the distractors stand in the table's frame: x, y [m] and yaw [rad], shape (LAYOUTS, COUNT, 3).

    On the table, outside the work areas and clear of each other at every scale.
    """
    rng = np.random.default_rng(0)
    return np.stack([_arrange(rng) for _ in range(LAYOUTS)])


def _arrange(rng: np.random.Generator) -> Array:
    """One arrangement: points taken in turn, each clearing its surroundings; anew where there is no room left."""
    while True:
        free = _free_points(rng)
        placed: list[Array] = []
        while len(free) and len(placed) < COUNT:
            placed.append(free[0])
            free = free[np.linalg.norm(free - free[0], axis=1) > 2 * _RADIUS]
        if len(placed) == COUNT:
            yaw = rng.uniform(-np.pi, np.pi, COUNT)
            return np.column_stack([np.array(placed) - TABLE_FRAME[:2], yaw])


def _free_points(rng: np.random.Generator) -> Array:
    """Points of the table whose circle is outside the work areas [m], shape (k, 2)."""
    centre, half = np.array(Cell.table.centre[:2]), np.array(Cell.table.size[:2]) / 2 - _MARGIN
    points = rng.uniform(centre - half, centre + half, (500, 2))
    low, high = np.moveaxis(np.array(WORK_AREAS), 1, 0)
    outside = (points[:, None] < low - _RADIUS) | (points[:, None] > high + _RADIUS)
    free: Array = points[outside.any(axis=-1).all(axis=-1)]
    return free


_RADIUS = LARGEST * LARGEST_SCALE * 1.25
"""Of the circle that any distractor stays in [m]: the footprint of a box turned by any yaw."""
_MARGIN = 0.05
"""From a distractor's middle to the table's edge, at least [m]."""
