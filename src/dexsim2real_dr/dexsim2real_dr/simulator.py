"""Pictures of the simulated cell for sets of parameters: what a search sees of a simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import CAMERAS
from dexsim2real_description.area import Size
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.errors import SearchError
from dexsim2real_sim import PARAMETERS, Twin, make_env


@dataclass(frozen=True)
class Poses:
    """How the robot stands in the pictures: starts of episodes of a task."""

    task: str
    count: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1 or self.seed < 0:
            raise SearchError(f"{self.count} poses of seed {self.seed}; expected 1 or more poses, seed 0 or more")


class Simulator:
    """The cell in MuJoCo, at a number of poses side by side."""

    def __init__(self, poses: Poses, names: Sequence[str], size: Size, twin: Twin | None = None) -> None:
        """Pictures of `size` (height, width) [px] for values of `names`; all else is nominal, or as in a twin.

        Raises UnknownNameError for a task or parameter that does not exist, SimError without OpenGL.
        """
        self.poses, self.size, self.names = poses, size, tuple(names)
        self._values = _Values(self.names)
        self._env = make_env(
            poses.task, poses.count, poses.seed, sampler=self._values if names else None, twin=twin, threads=1
        )
        self._cameras = self._env.make_cameras(size)

    @property
    def joints(self) -> NDArray[np.float64]:
        """Where the robot stands in each pose [rad], shape (count, 23)."""
        return self._env.sim.joint_position.copy()

    @property
    def described(self) -> str:
        """How pictures are taken, in words."""
        height, width = self.size
        return f"{self.poses.task}, {self.poses.count} poses of seed {self.poses.seed}, {width} x {height} pixels"

    def pictures(self, values: Array) -> Evidence:
        """Both cameras at every pose, for values of the parameters in their units, shape (d,).

        The same values give the same pictures. Raises DexSim2RealError for values outside their bounds.
        """
        self._values.values = values
        self._env.reset(seed=self.poses.seed)
        self._cameras.reseed(self.poses.seed)
        color = self._cameras.frames(np.arange(self.poses.count)).color
        return Evidence(color.reshape(-1, *self.size, 3), CAMERAS * self.poses.count)

    def observe(self, values: Array) -> list[Evidence]:
        """The pictures for several sets of values, shape (n, d)."""
        return [self.pictures(row) for row in values]

    def close(self) -> None:
        """Free the cameras."""
        self._cameras.close()
        self._env.close()


class _Values:
    """A distribution of one point, which can be moved."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.values: Array = np.array([PARAMETERS[name].nominal for name in names])

    def sample(self, rng: np.random.Generator, count: int) -> Array:
        return np.tile(self.values, (count, 1))
