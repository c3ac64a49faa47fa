"""Objects: mass, size, centre of mass, inertia; they act on every free body of the scene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter, Write

Array = NDArray[np.float64]


def _write_mass(fields: ModelFields, ids: Ids, values: Array) -> None:
    bodies = fields.free_bodies
    fields.array("body_mass")[ids[:, None], bodies] *= values[:, None]
    fields.array("body_inertia")[ids[:, None], bodies] *= values[:, None, None]


def _write_inertia(fields: ModelFields, ids: Ids, values: Array) -> None:
    fields.array("body_inertia")[ids[:, None], fields.free_bodies] *= values[:, None, None]


def _write_com(axis: int) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("body_ipos")[ids[:, None], fields.free_bodies, axis] += values[:, None]

    return write


PARAMETERS = (
    Parameter(
        "object_mass",
        nominal=1.0,
        bounds=(0.1, 10.0),
        range=(0.5, 1.5),
        unit="",
        factor="object",
        meaning="mass of objects over the catalogue's",
        source="DeXtreme manual x0.5-1.5; Isaac Lab x0.4-1.6 (FACTS 7.2)",
        write=_write_mass,
    ),
    Parameter(
        "object_inertia",
        nominal=1.0,
        bounds=(0.2, 3.0),
        range=(0.8, 1.2),
        unit="",
        factor="object",
        meaning="moments of inertia over those of a homogeneous body of that mass",
        source="hollow against solid bodies, our estimate",
        write=_write_inertia,
    ),
    Parameter(
        "object_scale",
        nominal=1.0,
        bounds=(0.5, 1.5),
        range=(0.95, 1.05),
        unit="",
        factor="object",
        meaning="size of catalogue objects over the real ones; read where an episode starts",
        source="DeXtreme manual 0.95-1.05 (FACTS 7.2)",
    ),
    *(
        Parameter(
            f"object_com_{axis}",
            nominal=0.0,
            bounds=(-0.05, 0.05),
            range=(-0.01, 0.01),
            unit="m",
            factor="object",
            meaning=f"offset of the centre of mass along the object's {axis}",
            source="HORA +-1 cm (FACTS 7.2)",
            write=_write_com(index),
        )
        for index, axis in enumerate("xyz")
    ),
)
