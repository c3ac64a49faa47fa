"""Observation and action: noise and lag of joint readings, noise of actions."""

from __future__ import annotations

from dexsim2real_sim.parameters.parameter import Parameter

PARAMETERS = (
    Parameter(
        "position_noise",
        nominal=0.0005,
        bounds=(0.0, 0.1),
        range=(0.0, 0.02),
        unit="rad",
        factor="observation",
        meaning="standard deviation of the hand's joint positions; of the arm's a twentieth",
        source="HORA joint noise 0.02 rad (FACTS 7.2); encoder step of the hand 0.088 deg (FACTS 2.2)",
    ),
    Parameter(
        "velocity_noise",
        nominal=0.02,
        bounds=(0.0, 1.0),
        range=(0.0, 0.18),
        unit="rad/s",
        factor="observation",
        meaning="standard deviation of the hand's joint velocities; of the arm's a twentieth",
        source="DEXTRAH 0.18 (FACTS 7.2)",
    ),
    Parameter(
        "torque_noise",
        nominal=0.005,
        bounds=(0.0, 1.0),
        range=(0.0, 0.02),
        unit="N m",
        factor="observation",
        meaning="standard deviation of joint torques",
        source="our estimate: a few per cent of the hand's torque limits",
    ),
    Parameter(
        "joint_lag",
        nominal=0.003,
        bounds=(0.0, 0.2),
        range=(0.0, 0.03),
        unit="s",
        factor="observation",
        meaning="age of joint readings",
        source="one period of the hand's loop 3 ms (FACTS 7.3); upper end our estimate",
    ),
    Parameter(
        "action_noise",
        nominal=0.0,
        bounds=(0.0, 1.0),
        range=(0.0, 0.05),
        unit="",
        factor="observation",
        meaning="standard deviation of actions, whose range is -1 to 1",
        source="our estimate",
    ),
)
