"""The manual set of DeXtreme (Handa et al. 2023), with the ranges that its authors published, and no question asked.

Source: isaac-sim/IsaacGymEnvs, cfg/task/AllegroHandDextremeManualDR.yaml. Ranges of scale are over our nominal value.
Their log-uniform draws are uniform here, and their normal ones uniform with the same standard deviation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_dr.errors import SearchError
from dexsim2real_dr.methods.method import Ask
from dexsim2real_sim.parameters import parameter
from dexsim2real_sim.randomization import AdrBox

SCALES = {
    "hand_damping_gain": (0.3, 3.0),  # damping of the hand's position servos
    "hand_stiffness": (0.75, 1.5),
    "friction_tip": (0.2, 1.2),  # of the hand's shapes
    "friction_object": (0.2, 1.2),
    "object_mass": (0.5, 1.5),
    "object_scale": (0.95, 1.05),
}
"""Over the nominal value."""
RANGES = {
    "restitution": (0.0, 0.4),
    "gravity": (9.81 - 0.5 * 3**0.5, 9.81 + 0.5 * 3**0.5),  # normal, standard deviation 0.5 m/s^2
    "push_acceleration": (0.0, 2.0),  # forceScale
}
"""As they are."""


def published(names: Sequence[str]) -> list[str]:
    """Those of `names` that have a range. Raises UnknownNameError."""
    return [name for name in names if parameter(name).name in (*SCALES, *RANGES)]


def dextreme(names: Sequence[str], ask: Ask, queries: int, seed: int) -> AdrBox:
    """The published ranges; what has none keeps its nominal value. Raises SearchError if that is all of `names`."""
    given = published(names)
    if not given:
        raise SearchError(
            f"DeXtreme published no range for {', '.join(names)}; it has them for {', '.join([*SCALES, *RANGES])}"
        )
    return AdrBox(given, *np.transpose([_range(name) for name in given]))


def _range(name: str) -> tuple[float, float]:
    if name in RANGES:
        return RANGES[name]
    nominal, (low, high) = parameter(name).nominal, SCALES[name]
    return nominal * low, nominal * high
