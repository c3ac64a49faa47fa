"""What only cameras see, and the height of the table, which hands feel too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dexsim2real_sim.parameters import background, camera, distractors, lighting
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter
from dexsim2real_sim.scene import TABLE


def _write_height(fields: ModelFields, ids: Ids, values: NDArray[np.float64]) -> None:
    """Move the table with all that is fixed to it; the episode's start lifts the objects that stand on it."""
    fields.array("body_pos")[ids, fields.index("body", TABLE), 2] += values


LOOKS = (*lighting.PARAMETERS, *background.PARAMETERS, *camera.PARAMETERS)
"""Those that nothing but a camera depends on."""

PARAMETERS = (
    *lighting.PARAMETERS,
    *background.PARAMETERS,
    *distractors.PARAMETERS,
    *camera.PARAMETERS,
    Parameter(
        "table_height",
        nominal=0.0,
        bounds=(-0.1, 0.1),
        range=(-0.02, 0.02),
        unit="m",
        factor="table_height",
        meaning="height of the table's top over the robot's base",
        source="mounting tolerance, our estimate",
        write=_write_height,
    ),
)
