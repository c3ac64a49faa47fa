"""Lighting: where the lamp is, how bright and how warm, and what the camera's automatic controls make of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter, Write
from dexsim2real_sim.scene import LIGHT, LIGHT_POSITION, direction_to_table

Array = NDArray[np.float64]

WHITE = 5000.0
"""Colour temperature at which the lamp's light looks white [K]."""


def _write_position(axis: int) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        lamp, position = fields.index("light", LIGHT), fields.array("light_pos")
        position[ids, lamp, axis] = values
        fields.array("light_dir")[ids, lamp] = direction_to_table(position[ids, lamp])

    return write


def _write_intensity(fields: ModelFields, ids: Ids, values: Array) -> None:
    lamp = fields.index("light", LIGHT)
    for field in ("light_diffuse", "light_specular"):
        fields.array(field)[ids, lamp] *= values[:, None]


def _write_temperature(fields: ModelFields, ids: Ids, values: Array) -> None:
    lamp = fields.index("light", LIGHT)
    tint = black_body(values) / black_body(np.array([WHITE]))
    for field in ("light_ambient", "light_diffuse", "light_specular"):
        fields.array(field)[ids, lamp] *= tint


def _write_ambient(fields: ModelFields, ids: Ids, values: Array) -> None:
    fields.array("light_ambient")[ids, fields.index("light", LIGHT)] *= values[:, None]


def _write_flicker(fields: ModelFields, ids: Ids, values: Array) -> None:
    for field in ("light_ambient", "light_diffuse", "light_specular"):
        fields.array(field)[ids] *= values[:, None, None]


def black_body(temperature: Array) -> Array:
    """Linear RGB of a black body's light, green 1, shape (k, 3); `temperature` [K], 2222 to 25000, shape (k,).

    Chromaticity: cubic approximation of the Planckian locus by Kim et al. (US patent 7024034); then linear sRGB.
    """
    t = temperature
    x = np.where(
        t < 4000,
        -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910,
        -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390,
    )
    y = np.where(
        t < 4000,
        -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867,
        3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483,
    )
    xyz = np.stack([x / y, np.ones_like(x), (1 - x - y) / y], axis=-1)
    rgb = xyz @ _XYZ_TO_RGB.T
    scaled: Array = rgb / rgb[:, 1:2]
    return scaled


_XYZ_TO_RGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
"""IEC 61966-2-1."""

_POSITIONS = tuple(
    Parameter(
        f"light_{axis}",
        nominal=LIGHT_POSITION[i],
        bounds=bounds,
        range=span,
        unit="m",
        factor="lighting",
        meaning=f"position of the lamp, {axis}; it shines on the table's middle",
        source="ceiling and desk lamps around a table, our estimate",
        write=_write_position(i),
    )
    for i, (axis, bounds, span) in enumerate(
        (
            ("x", (-2.0, 3.0), (0.2, 1.6)),
            ("y", (-3.0, 3.0), (-1.5, 1.5)),
            ("z", (0.5, 4.0), (1.0, 2.5)),
        )
    )
)

PARAMETERS = (
    *_POSITIONS,
    Parameter(
        "light_intensity",
        nominal=1.0,
        bounds=(0.0, 3.0),
        range=(0.5, 1.4),
        unit="",
        factor="lighting",
        meaning="brightness of the lamp over the nominal",
        source="rooms at dusk to bright day after automatic exposure, our estimate",
        write=_write_intensity,
    ),
    Parameter(
        "light_temperature",
        nominal=WHITE,
        bounds=(2300.0, 12000.0),
        range=(2700.0, 6500.0),
        unit="K",
        factor="lighting",
        meaning="colour temperature of the lamp",
        source="incandescent lamp 2700 K to daylight 6500 K",
        write=_write_temperature,
    ),
    Parameter(
        "light_ambient",
        nominal=1.0,
        bounds=(0.0, 3.0),
        range=(0.5, 1.6),
        unit="",
        factor="lighting",
        meaning="light from all sides over the nominal",
        source="our estimate",
        write=_write_ambient,
    ),
    Parameter(
        "light_flicker",
        nominal=1.0,
        bounds=(0.5, 1.5),
        range=(0.95, 1.05),
        unit="",
        factor="lighting",
        granularity="frame",
        meaning="brightness of all light in this frame",
        source="lamps on the mains against a 30 Hz shutter, our estimate",
        write=_write_flicker,
    ),
    Parameter(
        "exposure",
        nominal=1.0,
        bounds=(0.2, 3.0),
        range=(0.85, 1.15),
        unit="",
        factor="lighting",
        granularity="frame",
        meaning="brightness of the image over the nominal",
        source="automatic exposure of the D435 (FACTS 4.1), range our estimate",
    ),
    Parameter(
        "white_balance",
        nominal=0.0,
        bounds=(-0.5, 0.5),
        range=(-0.06, 0.06),
        unit="",
        factor="lighting",
        granularity="frame",
        meaning="gain of red and loss of blue in the image",
        source="automatic white balance of the D435 (FACTS 4.1), range our estimate",
    ),
)
