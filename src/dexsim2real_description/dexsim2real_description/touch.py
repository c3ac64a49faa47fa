"""Fingertip touch layouts: where the taxels sit and which way they face.

Positions and axes are in the tip link's frame: z along the finger to its end, +x the palmar side. A taxel's own
frame has z outward (normal), x along the finger towards its end as far as the surface allows, y completing it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description.errors import DexSim2RealError, UnknownNameError
from dexsim2real_description.hand import SKIN_LENGTH, SKIN_RADIUS
from dexsim2real_description.whole_hand import HAND_MODELS, HAND_TAXELS, HAND_TIPS


@dataclass(frozen=True, eq=False)
class TouchLayout:
    """Taxels of one fingertip; all four tips are alike."""

    name: str
    positions: NDArray[np.float64]
    """[m], shape (T, 3)."""
    normals: NDArray[np.float64]
    """Outward unit normals, shape (T, 3)."""
    places: NDArray[np.intp] | None = None
    """Where each tip's taxels stand in the list of a whole hand's skin, shape (4, T); None for tips by themselves."""

    @property
    def num_taxels(self) -> int:
        """Taxels per fingertip, T."""
        return len(self.positions)

    @cached_property
    def frames(self) -> NDArray[np.float64]:
        """Taxel frames in the tip frame, columns x, y, z: shape (T, 3, 3)."""
        along = np.array([0.0, 0.0, 1.0]) - self.normals * self.normals[:, 2:3]
        flat = np.linalg.norm(along, axis=1) < 1e-6  # a taxel at the very end: any tangent serves
        along[flat] = [-1.0, 0.0, 0.0]
        x = along / np.linalg.norm(along, axis=1, keepdims=True)
        return np.stack([x, np.cross(self.normals, x), self.normals], axis=-1)

    def whole_hand(self, forces: NDArray[np.floating]) -> NDArray[np.floating]:
        """Tips' forces [N], shape (..., 4, T, 3), at their places in the hand's list, shape (..., 368, 3).

        Taxels of palm and phalanges read zero: their poses are not published. Raises DexSim2RealError for tips that
        are not part of a hand's skin.
        """
        if self.places is None:
            raise DexSim2RealError(f"touch layout {self.name!r} is no part of a whole hand's skin; use {_HAND!r}")
        listed = np.zeros((*forces.shape[:-3], HAND_TAXELS, 3), forces.dtype)
        listed[..., self.places, :] = forces
        return listed


_HAND = HAND_MODELS[0]
_CURVED = (
    (10.1, 30.6, 12.54, 0.866, 0.500, 0.0),
    (12.6, 23.6, 12.54, 0.985, 0.174, 0.0),
    (13.8, 17.3, 12.54, 0.985, 0.174, 0.0),
    (14.3, 10.3, 12.54, 1.0, 0.0, 0.0),
    (14.3, 3.8, 12.54, 1.0, 0.0, 0.0),
    (9.8, 23.0, 20.0, 0.754, 0.133, 0.643),
    (11.0, 16.7, 20.0, 0.754, 0.133, 0.643),
    (11.5, 10.3, 20.0, 0.766, 0.0, 0.643),
    (11.5, 3.8, 20.0, 0.766, 0.0, 0.643),
    (3.7, 33.8, 17.3, 0.324, 0.743, 0.585),
    (3.9, 29.6, 21.55, 0.376, 0.515, 0.770),
    (3.9, 23.0, 24.44, 0.369, 0.174, 0.913),
    (3.9, 16.9, 25.44, 0.353, 0.174, 0.919),
    (3.9, 10.3, 25.74, 0.309, 0.0, 0.951),
    (3.9, 3.8, 25.74, 0.309, 0.0, 0.951),
)
"""Taxels 1 to 15 of the curved tip in the sensor frame: x, y, z [mm], normal (FACTS 3.5)."""
_MIRROR = (*range(10, 16), *range(6, 10), *range(1, 6))
"""Taxels 16 to 30 mirror these."""
_SENSOR_DEPTH = 13.0
"""The sensor frame's origin lies this far behind the finger axis [mm] (FACTS 3.5)."""


def _curved_tip() -> TouchLayout:
    half = np.array(_CURVED)
    mirrored = half[[i - 1 for i in _MIRROR]] * [-1, 1, 1, -1, 1, 1]
    x, y, z, nx, ny, nz = np.vstack([half, mirrored]).T
    positions = np.stack([z - _SENSOR_DEPTH, x, y], axis=1) * 1e-3
    normals = np.stack([nz, nx, ny], axis=1)
    return TouchLayout("uSCuAH", positions, normals / np.linalg.norm(normals, axis=1, keepdims=True))


_GRID_PITCH = 0.0048
"""Along and across the finger [m]: the pitch of XELA's 3 x 5 part, uSPa35 (FACTS 3.4)."""


def _grid_tip() -> TouchLayout:
    """Fifteen taxels, 5 along by 3 across, wrapped on the capsule of the curved tip.

    The source paper has 15 taxels per fingertip and does not say where; no XELA tip for this hand has 15
    (FACTS 3.4). This spreads the real 15-taxel part's pitch over the palmar side, row-major from the base.
    """
    positions, normals = [], []
    for row in range(5):
        along = 0.0068 + row * _GRID_PITCH  # arc length from the mount; the last row reaches the dome
        lift = max(0.0, along - SKIN_LENGTH) / SKIN_RADIUS
        z = min(along, SKIN_LENGTH)
        for column in (-1, 0, 1):
            around = column * _GRID_PITCH / SKIN_RADIUS
            flat = np.cos(lift)
            normal = np.array([flat * np.cos(around), flat * np.sin(around), np.sin(lift)])
            normals.append(normal)
            positions.append(np.array([0.0, 0.0, z]) + SKIN_RADIUS * normal)
    return TouchLayout("grid15", np.array(positions), np.array(normals))


TOUCH_LAYOUTS: dict[str, TouchLayout] = {
    layout.name: layout for layout in (_grid_tip(), _curved_tip(), replace(_curved_tip(), name=_HAND, places=HAND_TIPS))
}
"""`grid15` (default): 15 taxels per tip as in the source paper. `uSCuAH`: the real curved tip with 30. `XR23AHRCPP`:
four such tips as parts of a right hand that is skinned all over, whose 368 taxels are one list."""


def touch_layout(name: str) -> TouchLayout:
    """The layout of that name. Raises UnknownNameError, which lists the valid names."""
    if name not in TOUCH_LAYOUTS:
        raise UnknownNameError("touch layout", name, TOUCH_LAYOUTS)
    return TOUCH_LAYOUTS[name]
