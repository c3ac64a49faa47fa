"""Ways to a distribution over parameters, all behind one interface and within one budget."""

from dexsim2real_dr.methods.find import METHODS, find

__all__ = ["METHODS", "find"]
