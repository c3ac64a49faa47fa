"""Contact: friction, restitution, gravity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import TIPS
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter
from dexsim2real_sim.robot import OBJECT
from dexsim2real_sim.scene import TABLE

Array = NDArray[np.float64]


def _set_friction(geoms: Callable[[ModelFields], NDArray[np.intp]]) -> Callable[[ModelFields, Ids, Array], None]:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("geom_friction")[ids[:, None], geoms(fields), 0] = values[:, None]

    return write


def _tips(fields: ModelFields) -> NDArray[np.intp]:
    return fields.geoms_of(TIPS)


def _table(fields: ModelFields) -> NDArray[np.intp]:
    return np.array([fields.index("geom", TABLE)])


def _objects(fields: ModelFields) -> NDArray[np.intp]:
    return np.flatnonzero(fields.model.geom_contype == OBJECT)


def _write_torsion(fields: ModelFields, ids: Ids, values: Array) -> None:
    fields.array("geom_friction")[ids[:, None], _tips(fields), 1] = values[:, None]


def _write_restitution(fields: ModelFields, ids: Ids, values: Array) -> None:
    """Less damping than critical lets a contact rebound: damping ratio 1 - restitution."""
    geoms = _objects(fields)
    fields.array("geom_solref")[ids[:, None], geoms, 1] = (1.0 - values)[:, None]


def _write_softness(fields: ModelFields, ids: Ids, values: Array) -> None:
    tips = _tips(fields)
    fields.array("geom_solref")[ids[:, None], tips, 0] *= values[:, None]


def _write_gravity(fields: ModelFields, ids: Ids, values: Array) -> None:
    fields.array("opt.gravity")[ids, 2] = -values


PARAMETERS = (
    Parameter(
        "friction_tip",
        nominal=1.0,
        bounds=(0.05, 3.0),
        range=(0.5, 1.5),
        unit="",
        factor="contact",
        meaning="sliding friction of a fingertip on anything",
        source="HORA 0.3-3.0, DEXTRAH 0.5-1.2 (FACTS 7.2)",
        write=_set_friction(_tips),
    ),
    Parameter(
        "friction_object",
        nominal=0.8,
        bounds=(0.05, 2.0),
        range=(0.4, 1.2),
        unit="",
        factor="contact",
        meaning="sliding friction of objects on each other, the palm and the finger segments",
        source="DeXtreme ADR object 0.4-0.8, DEXTRAH static 0.5-1.2 (FACTS 7.2)",
        write=_set_friction(_objects),
    ),
    Parameter(
        "friction_table",
        nominal=0.6,
        bounds=(0.05, 2.0),
        range=(0.3, 1.0),
        unit="",
        factor="contact",
        meaning="sliding friction of objects on the table",
        source="DEXTRAH dynamic 0.3-1.0 (FACTS 7.2)",
        write=_set_friction(_table),
    ),
    Parameter(
        "friction_torsion",
        nominal=0.005,
        bounds=(0.0, 0.05),
        range=(0.002, 0.01),
        unit="m",
        factor="contact",
        meaning="torsional friction of a fingertip: the radius of its contact patch",
        source="patch of a soft tip of 12.7 mm radius, our estimate; MuJoCo default 0.005",
        write=_write_torsion,
    ),
    Parameter(
        "restitution",
        nominal=0.0,
        bounds=(0.0, 0.9),
        range=(0.0, 0.4),
        unit="",
        factor="contact",
        meaning="rebound of objects (one minus the damping ratio of their contacts)",
        source="DeXtreme manual 0-0.4 (FACTS 7.2)",
        write=_write_restitution,
    ),
    Parameter(
        "tip_softness",
        nominal=1.0,
        bounds=(1.0, 4.0),
        range=(1.0, 2.0),
        unit="",
        factor="contact",
        meaning="time constant of fingertip contacts over that of hard ones",
        source="silicone skin yields up to 1 mm (FACTS 3.5); range is our estimate",
        write=_write_softness,
    ),
    Parameter(
        "gravity",
        nominal=9.81,
        bounds=(0.0, 20.0),
        range=(9.76, 9.86),
        unit="m/s^2",
        factor="contact",
        meaning="gravity, downwards",
        source="9.780 to 9.832 on Earth",
        write=_write_gravity,
    ),
)
