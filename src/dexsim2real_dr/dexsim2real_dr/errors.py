"""Errors of what runs offline."""

from dexsim2real_description import DexSim2RealError


class CriticError(DexSim2RealError):
    """A critic cannot give scores: its pictures, endpoint, key or model are not what it needs."""


class SearchError(DexSim2RealError):
    """A search for a distribution cannot start or go on."""


class CurriculumError(DexSim2RealError):
    """A curriculum cannot be made or used: its settings, its decomposition or the model's answer are not valid."""


class TrainingError(DexSim2RealError):
    """A training cannot start, go on or be saved."""


class ChatError(DexSim2RealError):
    """A model cannot be asked: its endpoint, key or settings are not what is needed, or a cap is reached."""
