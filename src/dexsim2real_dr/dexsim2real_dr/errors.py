"""Errors of what runs offline."""

from dexsim2real_description import DexSim2RealError


class CriticError(DexSim2RealError):
    """A critic cannot give scores: its pictures, endpoint, key or model are not what it needs."""


class SearchError(DexSim2RealError):
    """A search for a distribution cannot start or go on."""
