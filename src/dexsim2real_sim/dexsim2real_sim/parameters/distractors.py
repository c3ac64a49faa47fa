"""Distractors: how many, which, where, how large and of which colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_sim.distractors import COUNT, LARGEST_SCALE, LAYOUTS, SHOWN, distractor_name, layouts
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter

Array = NDArray[np.float64]


def _numbers(fields: ModelFields, kind: str) -> NDArray[np.intp]:
    return np.array([fields.index(kind, distractor_name(i)) for i in range(COUNT)])


def _write_count(fields: ModelFields, ids: Ids, values: Array) -> None:
    """The first so many of the pool come up from their hiding place onto the table."""
    bodies = _numbers(fields, "body")
    hidden = fields.default("body_pos")[bodies, 2]
    fields.array("body_pos")[ids[:, None], bodies, 2] = np.where(np.arange(COUNT) < values[:, None], SHOWN, hidden)


def _write_layout(fields: ModelFields, ids: Ids, values: Array) -> None:
    bodies = _numbers(fields, "body")
    x, y, yaw = np.moveaxis(layouts()[values.astype(int)], -1, 0)
    pos, quat = fields.array("body_pos"), fields.array("body_quat")
    pos[ids[:, None], bodies, 0], pos[ids[:, None], bodies, 1] = x, y
    quat[ids[:, None], bodies, 0], quat[ids[:, None], bodies, 3] = np.cos(yaw / 2), np.sin(yaw / 2)


def _write_shape(fields: ModelFields, ids: Ids, values: Array) -> None:
    """Shapes and their colours wander through the pool, so that other ones come first."""
    geoms = _numbers(fields, "geom")
    which = geoms[(np.arange(COUNT) + values.astype(int)[:, None]) % COUNT]
    for field in ("geom_type", "geom_size", "geom_pos", "geom_rgba"):
        fields.array(field)[ids[:, None], geoms] = fields.default(field)[which]


def _write_scale(fields: ModelFields, ids: Ids, values: Array) -> None:
    geoms = _numbers(fields, "geom")
    for field in ("geom_size", "geom_pos"):
        fields.array(field)[ids[:, None], geoms] *= values[:, None, None]


def _write_hue(fields: ModelFields, ids: Ids, values: Array) -> None:
    """Turn colours about the grey axis of the RGB cube."""
    geoms, colors = _numbers(fields, "geom"), fields.array("geom_rgba")
    turned = np.einsum("kij,kcj->kci", _turns(values), colors[ids[:, None], geoms, :3])
    colors[ids[:, None], geoms, :3] = np.clip(turned, 0.0, 1.0)


def _turns(share: Array) -> Array:
    """Rotations about (1, 1, 1) by shares of a full turn, shape (k, 3, 3)."""
    turns: Array = Rotation.from_rotvec(share[:, None] * 2 * np.pi / np.sqrt(3) * np.ones(3)).as_matrix()
    return turns


PARAMETERS = (
    Parameter(
        "distractor_count",
        nominal=0.0,
        bounds=(0.0, COUNT),
        range=(0.0, COUNT),
        unit="",
        factor="distractors",
        integer=True,
        meaning="how many things on the table have nothing to do with the task",
        source="tables of robot laboratories in photographs show 0 to 5",
        write=_write_count,
    ),
    Parameter(
        "distractor_layout",
        nominal=0.0,
        bounds=(0.0, LAYOUTS - 1),
        range=(0.0, LAYOUTS - 1),
        unit="",
        factor="distractors",
        integer=True,
        meaning="which arrangement; none touches another or the work area",
        source="drawn uniformly over the table once, our choice",
        write=_write_layout,
    ),
    Parameter(
        "distractor_shape",
        nominal=0.0,
        bounds=(0.0, COUNT - 1),
        range=(0.0, COUNT - 1),
        unit="",
        factor="distractors",
        integer=True,
        meaning="which of the pool's shapes come first",
        source="boxes, cans, balls and bottles like those that are handled",
        write=_write_shape,
    ),
    Parameter(
        "distractor_scale",
        nominal=1.0,
        bounds=(0.2, LARGEST_SCALE),
        range=(0.6, LARGEST_SCALE),
        unit="",
        factor="distractors",
        meaning="size of the distractors over the pool's",
        source="household objects of 4 to 13 cm, our estimate",
        write=_write_scale,
    ),
    Parameter(
        "distractor_hue",
        nominal=0.0,
        bounds=(0.0, 1.0),
        range=(0.0, 1.0),
        unit="turn",
        factor="distractors",
        meaning="shift of the distractors' colours around the colour circle",
        source="any colour, our choice",
        write=_write_hue,
    ),
)
