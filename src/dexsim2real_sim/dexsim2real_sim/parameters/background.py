"""Background: textures and colours of the table and of the walls and floor behind it."""

from __future__ import annotations

import numpy as np
from mujoco import mjtTextureRole
from numpy.typing import NDArray

from dexsim2real_description.model import Vec3
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter, Write
from dexsim2real_sim.scene import BACKDROP, BACKDROP_REPEAT, BACKDROP_RGB, TABLE, TABLE_REPEAT, TABLE_RGB
from dexsim2real_sim.textures import bank_textures

Array = NDArray[np.float64]

_RGB = int(mjtTextureRole.mjTEXROLE_RGB)


def _write_texture(material: str) -> Write:
    """Counts from the texture that the material has by default, so that 0 keeps it whatever the bank holds."""

    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        number, bank = fields.index("material", material), bank_textures(fields.model)
        own = int(np.flatnonzero(bank == fields.default("mat_texid")[number, _RGB])[0])
        step = np.minimum((values * len(bank)).astype(int), len(bank) - 1)
        fields.array("mat_texid")[ids, number, _RGB] = bank[(own + step) % len(bank)]

    return write


def _write_color(material: str, channel: int) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("mat_rgba")[ids, fields.index("material", material), channel] = values

    return write


def _write_repeat(material: str) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("mat_texrepeat")[ids, fields.index("material", material)] = values[:, None]

    return write


def _write_gloss(fields: ModelFields, ids: Ids, values: Array) -> None:
    number = fields.index("material", TABLE)
    fields.array("mat_specular")[ids, number] = values
    fields.array("mat_shininess")[ids, number] = values


def _surface(name: str, material: str, rgb: Vec3, repeat: float) -> tuple[Parameter, ...]:
    """Texture, colour and scale of one material."""
    texture = Parameter(
        f"{name}_texture",
        nominal=0.0,
        bounds=(0.0, 1.0),
        range=(0.0, 1.0),
        unit="of bank",
        factor="background",
        meaning=f"which texture the {name} has, as a share of the bank; 0 is its own",
        source="procedural bank, and photographs where a folder is given",
        write=_write_texture(material),
    )
    colors = tuple(
        Parameter(
            f"{name}_{channel}",
            nominal=rgb[i],
            bounds=(0.0, 1.0),
            range=(0.15, 0.95),
            unit="",
            factor="background",
            meaning=f"{channel} part of the {name}'s colour",
            source="any colour but near black and pure white, our choice",
            write=_write_color(material, i),
        )
        for i, channel in enumerate(("red", "green", "blue"))
    )
    scale = Parameter(
        f"{name}_repeat",
        nominal=repeat,
        bounds=(0.1, 10.0),
        range=(0.5, 4.0),
        unit="1/m",
        factor="background",
        meaning=f"how often the {name}'s texture repeats",
        source="grain of real boards, tiles and cloth, our estimate",
        write=_write_repeat(material),
    )
    return (texture, *colors, scale)


PARAMETERS = (
    *_surface("background", BACKDROP, BACKDROP_RGB, BACKDROP_REPEAT),
    *_surface("table", TABLE, TABLE_RGB, TABLE_REPEAT),
    Parameter(
        "table_gloss",
        nominal=0.2,
        bounds=(0.0, 1.0),
        range=(0.0, 0.8),
        unit="",
        factor="background",
        meaning="highlights of the lamp on the table",
        source="matt wood to polished laminate, our estimate",
        write=_write_gloss,
    ),
)
