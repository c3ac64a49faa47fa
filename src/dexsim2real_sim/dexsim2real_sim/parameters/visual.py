"""Placeholder group."""

from dexsim2real_sim.parameters.parameter import Parameter

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "table_height",
        nominal=0.0,
        bounds=(-0.1, 0.1),
        range=(-0.02, 0.02),
        unit="m",
        factor="table_height",
        meaning="height of the table's top over the robot's base",
        source="mounting tolerance, our estimate",
    ),
)
