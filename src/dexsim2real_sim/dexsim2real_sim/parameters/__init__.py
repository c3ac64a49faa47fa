"""The simulator's parameters: a registry of typed quantities and the code that makes each felt."""

from dexsim2real_sim.parameters.parameter import Factor, Granularity, Parameter
from dexsim2real_sim.parameters.registry import NAMES, PARAMETERS, check_values, names_of, parameter

__all__ = ["NAMES", "PARAMETERS", "Factor", "Granularity", "Parameter", "check_values", "names_of", "parameter"]
