"""The objects that the hand manipulates: primitives with the dimensions and masses of real things.

Dimensions and masses are those of the YCB object set (Calli et al. 2015), rounded to the primitive that fits best.
Seen objects are for training, unseen ones only for evaluation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import mujoco
import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import UnknownNameError
from dexsim2real_description.model import Vec3

Kind = Literal["box", "cylinder", "sphere", "ellipsoid", "capsule"]

GEOM_TYPES: dict[Kind, mujoco.mjtGeom] = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
}


@dataclass(frozen=True)
class ObjectModel:
    """A rigid object of one homogeneous primitive, standing on the table along its own z."""

    name: str
    kind: Kind
    extent: Vec3
    """Full size along x, y, z [m]; a capsule's z includes its caps."""
    mass: float
    """[kg]"""
    rgb: Vec3
    seen: bool = True

    @property
    def half(self) -> NDArray[np.float64]:
        """Half the extent [m], shape (3,)."""
        return np.array(self.extent) / 2

    @property
    def geom_size(self) -> NDArray[np.float64]:
        """MuJoCo's size parameters of the primitive [m], shape (3,)."""
        x, _, z = self.half
        if self.kind in ("box", "ellipsoid"):
            return self.half
        if self.kind == "sphere":
            return np.array([x, 0.0, 0.0])
        return np.array([x, z - x if self.kind == "capsule" else z, 0.0])

    def scaled(self, factor: float) -> ObjectModel:
        """The same object of another size and the same mass."""
        x, y, z = self.extent
        return replace(self, extent=(x * factor, y * factor, z * factor))

    def inertia(self) -> NDArray[np.float64]:
        """Principal moments about the centre for a mass of 1 kg [m^2], shape (3,).

        A capsule counts as the cylinder of its extent, which is right to a few per cent for slim ones.
        """
        x, y, z = self.half
        if self.kind == "box":
            return np.array([y * y + z * z, x * x + z * z, x * x + y * y]) / 3
        if self.kind in ("sphere", "ellipsoid"):
            return np.array([y * y + z * z, x * x + z * z, x * x + y * y]) / 5
        side = x * x / 4 + z * z / 3
        return np.array([side, side, x * x / 2])


def _box(name: str, extent: Vec3, mass: float, rgb: Vec3, seen: bool = True) -> ObjectModel:
    return ObjectModel(name, "box", extent, mass, rgb, seen)


def _can(name: str, diameter: float, height: float, mass: float, rgb: Vec3, seen: bool = True) -> ObjectModel:
    return ObjectModel(name, "cylinder", (diameter, diameter, height), mass, rgb, seen)


def _ball(name: str, diameter: float, mass: float, rgb: Vec3, seen: bool = True) -> ObjectModel:
    return ObjectModel(name, "sphere", (diameter,) * 3, mass, rgb, seen)


OBJECTS: dict[str, ObjectModel] = {
    model.name: model
    for model in (
        _box("sugar_box", (0.045, 0.094, 0.176), 0.514, (0.9, 0.85, 0.2)),
        _box("pudding_box", (0.038, 0.11, 0.089), 0.187, (0.45, 0.25, 0.15)),
        _box("gelatin_box", (0.03, 0.085, 0.073), 0.097, (0.75, 0.15, 0.2)),
        _box("foam_brick", (0.05, 0.077, 0.052), 0.028, (0.8, 0.25, 0.2)),
        _box("colored_block", (0.05, 0.05, 0.05), 0.09, (0.2, 0.45, 0.8)),
        _can("soup_can", 0.066, 0.101, 0.349, (0.75, 0.1, 0.1)),
        _can("coffee_cup", 0.062, 0.09, 0.12, (0.85, 0.85, 0.8)),
        _can("tennis_tube", 0.067, 0.14, 0.12, (0.75, 0.8, 0.2)),
        _ball("baseball", 0.073, 0.142, (0.9, 0.9, 0.88)),
        _ball("apple", 0.075, 0.068, (0.75, 0.1, 0.12)),
        _ball("orange", 0.073, 0.047, (0.95, 0.55, 0.1)),
        ObjectModel("peach", "ellipsoid", (0.059, 0.059, 0.062), 0.033, (0.95, 0.6, 0.4)),
        _box("potted_meat_can", (0.05, 0.097, 0.082), 0.37, (0.2, 0.3, 0.65), seen=False),
        _box("wood_block", (0.065, 0.065, 0.14), 0.4, (0.72, 0.55, 0.35), seen=False),
        _box("rubik_cube", (0.057, 0.057, 0.057), 0.094, (0.2, 0.65, 0.3), seen=False),
        _box("tea_box", (0.055, 0.08, 0.105), 0.11, (0.25, 0.5, 0.25), seen=False),
        _can("tomato_can", 0.068, 0.102, 0.411, (0.8, 0.3, 0.1), seen=False),
        _can("small_can", 0.054, 0.09, 0.17, (0.6, 0.6, 0.65), seen=False),
        _ball("tennis_ball", 0.067, 0.058, (0.8, 0.9, 0.2), seen=False),
        _ball("racquetball", 0.057, 0.041, (0.15, 0.25, 0.75), seen=False),
        ObjectModel("lemon", "ellipsoid", (0.054, 0.054, 0.068), 0.029, (0.95, 0.9, 0.2), seen=False),
        ObjectModel("pear", "ellipsoid", (0.066, 0.066, 0.1), 0.049, (0.7, 0.75, 0.25), seen=False),
    )
}

SEEN: tuple[str, ...] = tuple(name for name, model in OBJECTS.items() if model.seen)
UNSEEN: tuple[str, ...] = tuple(name for name, model in OBJECTS.items() if not model.seen)


def choose_objects(names: str | Iterable[str]) -> tuple[str, ...]:
    """The objects meant by `seen`, `unseen`, `all`, or by their names. Raises UnknownNameError."""
    groups = {"seen": SEEN, "unseen": UNSEEN, "all": (*SEEN, *UNSEEN)}
    if isinstance(names, str):
        names = groups.get(names, (names,))
    chosen = tuple(names)
    for name in chosen:
        if name not in OBJECTS:
            raise UnknownNameError("object", name, (*OBJECTS, *groups))
    return chosen
