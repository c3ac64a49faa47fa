"""Placeholder group."""

from dexsim2real_sim.parameters.parameter import Parameter

PARAMETERS: tuple[Parameter, ...] = ()
