"""What can be chosen about an environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dexsim2real_description.area import Size
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.physics import TRAINING, Physics


@dataclass(frozen=True)
class EnvConfig:
    """Choices of `make_env`."""

    task: str
    num_envs: int = 1
    seed: int = 0
    difficulty: float = 1.0
    """In [0, 1]: how far apart the start and how tight the goal; 1 is the task itself."""
    policy_rate: float = 30.0
    """Actions per second [Hz]; divides the control rate of 120 Hz."""
    pregrasp: bool = False
    """An empty hand starts around what it is to grasp, open, at any difficulty (task-aware hand poses)."""
    objects: str | tuple[str, ...] = "seen"
    """`seen`, `unseen`, `all`, or names from the catalogue."""
    threads: int = 0
    """Physics threads; 0 takes every core."""
    arm: str = "panda"
    hand: str = "v4"
    touch: str = "grid15"
    image_size: Size | None = None
    """Height, width [px] of the images of both cameras in the observation; None leaves them out."""
    textures: Path | None = None
    """A folder of photographs to add to the textures of table and background."""
    meshes: bool = False
    """Whether the robot is drawn with the meshes of `example-robot-data`, which then must be installed."""
    physics: Physics = TRAINING
    time_limit: float | None = None
    """After which an episode ends [s]; None as the task has it."""
    crash_folder: Path | None = None
    """Where the state of an environment that became unstable is written for replay."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.difficulty <= 1.0:
            raise SimError(f"difficulty is {self.difficulty:g}; it must be from 0 to 1")
