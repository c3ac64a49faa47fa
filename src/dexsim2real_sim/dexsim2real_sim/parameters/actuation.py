"""Actuation: gains, friction, inertia, delay and backlash of the servos, and pushes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import ARM_JOINTS, JOINTS
from dexsim2real_sim.parameters.fields import Ids, ModelFields
from dexsim2real_sim.parameters.parameter import Parameter, Write
from dexsim2real_sim.robot import MAX_DELAY

Array = NDArray[np.float64]

ARM = slice(0, len(ARM_JOINTS))
HAND = slice(len(ARM_JOINTS), len(JOINTS))
_PARTS = {"arm": ARM, "hand": HAND}


def _scale(field: str, joints: slice) -> Write:
    """Scale a field of the joints' degrees of freedom; the robot's come first in the model."""

    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array(field)[ids, joints] *= values[:, None]

    return write


def _add(field: str, joints: slice) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array(field)[ids, joints] += values[:, None]

    return write


def _stiffness(joints: slice) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("actuator_gainprm")[ids, joints, 0] *= values[:, None]
        fields.array("actuator_biasprm")[ids, joints, 1] *= values[:, None]

    return write


def _damping_gain(joints: slice) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("actuator_biasprm")[ids, joints, 2] *= values[:, None]

    return write


def _strength(joints: slice) -> Write:
    def write(fields: ModelFields, ids: Ids, values: Array) -> None:
        fields.array("actuator_forcerange")[ids, joints] *= values[:, None, None]

    return write


def _per_part(make: Callable[[str, slice], tuple[Parameter, ...]]) -> tuple[Parameter, ...]:
    return tuple(parameter for part, joints in _PARTS.items() for parameter in make(part, joints))


def _parameters(part: str, joints: slice) -> tuple[Parameter, ...]:
    arm = part == "arm"
    return *_of_servos(part, joints, arm), *_of_joints(part, joints, arm), *_of_transmission(part, joints, arm)


def _of_servos(part: str, joints: slice, arm: bool) -> tuple[Parameter, ...]:
    return (
        Parameter(
            f"{part}_stiffness",
            nominal=1.0,
            bounds=(0.1, 5.0),
            range=(0.8, 1.2) if arm else (0.75, 1.5),
            unit="",
            factor="actuation",
            meaning=f"position gain of the {part}'s servos over the published one",
            source="CoP + XELA x0.8-1.2; DeXtreme x0.75-1.5 (FACTS 7.2)",
            write=_stiffness(joints),
        ),
        Parameter(
            f"{part}_damping_gain",
            nominal=1.0,
            bounds=(0.1, 5.0),
            range=(0.7, 1.3),
            unit="",
            factor="actuation",
            meaning=f"velocity gain of the {part}'s servos over the published one",
            source="CoP + XELA x0.7-1.3 (FACTS 7.2)",
            write=_damping_gain(joints),
        ),
        Parameter(
            f"{part}_strength",
            nominal=1.0,
            bounds=(0.1, 2.0),
            range=(0.9, 1.1),
            unit="",
            factor="actuation",
            meaning=f"torque limits of the {part} over the published ones",
            source="DeXtreme ADR effort x0.9-1.1 (FACTS 7.2)",
            write=_strength(joints),
        ),
    )


def _of_joints(part: str, joints: slice, arm: bool) -> tuple[Parameter, ...]:
    return (
        Parameter(
            f"{part}_damping",
            nominal=1.0,
            bounds=(0.0, 20.0),
            range=(0.5, 2.0),
            unit="",
            factor="actuation",
            meaning=f"viscous friction of the {part}'s joints over the nominal",
            source="DeXtreme ADR damping x0.5-2 (FACTS 7.2)",
            write=_scale("dof_damping", joints),
        ),
        Parameter(
            f"{part}_friction",
            nominal=0.0,
            bounds=(0.0, 10.0) if arm else (0.0, 0.5),
            range=(0.0, 1.0) if arm else (0.0, 0.04),
            unit="N m",
            factor="actuation",
            meaning=f"Coulomb friction of the {part}'s joints beyond the nominal",
            source="Gaz et al. 0.3-1.28 N m uncompensated (FACTS 1.4)" if arm else "DEXTRAH 0.01 x0-5 (FACTS 7.2)",
            write=_add("dof_frictionloss", joints),
        ),
        Parameter(
            f"{part}_armature",
            nominal=1.0,
            bounds=(0.1, 10.0),
            range=(0.8, 1.2),
            unit="",
            factor="actuation",
            meaning=f"reflected rotor inertia of the {part} over the nominal",
            source="DeXtreme ADR armature x0.8-1.2 (FACTS 7.2)",
            write=_scale("dof_armature", joints),
        ),
    )


def _of_transmission(part: str, joints: slice, arm: bool) -> tuple[Parameter, ...]:
    return (
        Parameter(
            f"{part}_delay",
            nominal=0.01,
            bounds=(0.0, MAX_DELAY),
            range=(0.0, 0.06),
            unit="s",
            factor="actuation",
            meaning=f"from command to the {part}'s servos",
            source="at least one period, 1 ms (arm) or 3 ms (hand), and the ROS path; 0-60 ms covers what is reported",
        ),
        Parameter(
            f"{part}_backlash",
            nominal=0.0,
            bounds=(0.0, 0.1),
            range=(0.0, 0.001) if arm else (0.0, 0.02),
            unit="rad",
            factor="actuation",
            meaning=f"full width of the play in the {part}'s gears",
            source="not published; our estimate: harmonic drives (arm), 288:1 spur gears (hand)",
        ),
    )


PARAMETERS = (
    *_per_part(_parameters),
    Parameter(
        "push_acceleration",
        nominal=0.0,
        bounds=(0.0, 100.0),
        range=(0.0, 2.0),
        unit="m/s^2",
        factor="actuation",
        meaning="standard deviation of random pushes on objects, over their mass",
        source="DeXtreme push 2.0, a factor of the object's mass in its code; DEXTRAH wrench <= 10 m/s^2 (FACTS 7.2)",
    ),
    Parameter(
        "push_rate",
        nominal=0.0,
        bounds=(0.0, 30.0),
        range=(0.0, 1.0),
        unit="1/s",
        factor="actuation",
        meaning="random pushes per second",
        source="our estimate",
    ),
)
