"""XELA fingertips as the XELA server reports them: models, taxel numbering, axes and scale.

Sources: the maker's `xela_models` (uSCuAH.xacro: taxel poses) and `xela_apps` (server captures), and the uSPa46 data
sheet of July 2025; figures in FACTS 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dexsim2real_description.errors import UnknownNameError
from dexsim2real_description.touch import TouchLayout, touch_layout
from dexsim2real_description.whole_hand import HAND_MODELS

FORCE_PER_COUNT: tuple[float, float, float] = (0.87 / 1388, 0.87 / 1388, 7.35 / 10085)
"""[N] per count along x, y, z, range H: 0.87 N of shear at 1388 counts, 7.35 N of pressure at 10085 (uSPa46 data
sheet; the tips' own sheet is not public). Only for skins without the maker's calibration."""
TYPICAL_COUNTS: tuple[float, float, float] = (32768.0, 32768.0, 36500.0)
"""Counts of an untouched taxel in the maker's captures, x, y, z; individual taxels differ by some hundreds."""

_CURVED_RPY = (
    *((0, 90, 30), (0, 90, 10), (0, 90, 10), (0, 90, 0), (0, 90, 0)),
    *((0, 50, 10), (0, 50, 10), (0, 50, 0), (0, 50, 0)),
    *((-48, 29, 0), (-31, 26, 0), (-10, 22, 0), (-10, 21, 0), (0, 18, 0), (0, 18, 0)),
)
"""Roll, pitch, yaw of taxels 1 to 15 of the curved tip in the sensor frame [deg] (uSCuAH.xacro)."""
_MIRROR = (*range(10, 16), *range(6, 10), *range(1, 6))
"""Taxels 16 to 30 mirror these: pitch and yaw change sign."""
_REACTION = np.diag([-1.0, -1.0, 1.0])
"""From the maker's signs to ours. The maker reports shear as the skin feels it, along the axes of its URDF (its
viewer draws it so, with both signs plus for this hand), and pressing as positive z; we mean by a taxel's force
the one it exerts on the object, as the simulator does. No robot has confirmed the signs of the shear yet."""
_SENSOR_TO_TIP = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Tip frame from sensor frame: x, y, z of the tip are z, x, y of the sensor (FACTS 3.5)."""


@dataclass(frozen=True, eq=False)
class XelaTip:
    """How one XELA tip model fills a touch layout."""

    model: str
    """Name the server gives to a tip of its own, or to the whole hand of which it is a part."""
    order: NDArray[np.intp]
    """Layout taxel i is the tip's taxel order[i], counted from 0: shape (T,)."""
    axes: NDArray[np.float64]
    """Turns a reading of layout taxel i into the force that it exerts, in the layout's axes: shape (T, 3, 3)."""


def _curved_axes(layout: TouchLayout) -> NDArray[np.float64]:
    half = np.array(_CURVED_RPY, float)
    mirrored = half[[i - 1 for i in _MIRROR]] * [1, -1, -1]
    vendor = Rotation.from_euler("xyz", np.vstack([half, mirrored]), degrees=True).as_matrix()
    # Both frames have z on the normal, to the rounding of the tables, so this is a turn about z.
    return np.asarray(_REACTION @ np.swapaxes(layout.frames, 1, 2) @ _SENSOR_TO_TIP @ vendor, np.float64)


def _tips() -> dict[str, XelaTip]:
    curved = touch_layout("uSCuAH")
    # The flat 3 x 5 pad counts five taxels along its x, then the next row towards -y, and faces -z: its readings
    # have x and z against those axes (the maker's viewer turns its x round). No hand has it on its tips; we take it
    # as mounted with x towards the fingertip, so its y is ours and its readings are half a turn from our axes.
    grid = np.array([5 * row + column for column in range(5) for row in (2, 1, 0)], np.intp)
    half_turn = np.diag([-1.0, -1.0, 1.0])
    return {
        "uSCuAH": XelaTip("uSCuAH", np.arange(30), _curved_axes(curved)),
        HAND_MODELS[0]: XelaTip(HAND_MODELS[0], np.arange(30), _curved_axes(curved)),
        "grid15": XelaTip("USPA35", grid, np.tile(_REACTION @ half_turn, (15, 1, 1))),
    }


XELA_TIPS: dict[str, XelaTip] = _tips()
"""By name of the touch layout that the tip fills."""


def xela_tip(layout: TouchLayout) -> XelaTip:
    """The XELA tip that fills a layout. Raises UnknownNameError where there is none."""
    if layout.name not in XELA_TIPS:
        raise UnknownNameError("touch layout of a XELA tip", layout.name, XELA_TIPS)
    return XELA_TIPS[layout.name]
