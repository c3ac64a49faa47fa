"""Pictures of the cell in MuJoCo, in this process: the simulator that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dexsim2real_description import CAMERAS
from dexsim2real_description.area import Size
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.simulator import Poses, Simulator
from dexsim2real_sim import Twin
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.live import LiveCell

_ONE = np.array([0])


class EmbeddedSimulator(Simulator):
    """The cell that the simulated robot of the live graph is, without the graph; so both give the same pictures."""

    def __init__(self, poses: Poses, names: Sequence[str], size: Size, twin: Twin | None = None) -> None:
        """Pictures of `size` (height, width) [px] for values of `names`; all else is nominal, or as in a twin.

        Raises UnknownNameError for a task, SimError without OpenGL.
        """
        self.poses, self.size, self.names = poses, size, tuple(names)
        self._live = LiveCell(EnvConfig(poses.task, seed=poses.seed), twin)
        self._cameras = self._live.make_cameras(self._live.cell.cameras, size)

    @property
    def joints(self) -> Array:
        """Where the robot stands in each pose [rad], shape (count, 23)."""
        return np.array([self._stand(k) for k in range(self.poses.count)])

    @property
    def described(self) -> str:
        """As Simulator."""
        height, width = self.size
        return f"{self.poses.task}, {self.poses.count} poses of seed {self.poses.seed}, {width} x {height} pixels"

    def pictures(self, values: Array) -> Evidence:
        """As Simulator. The same values give the same pictures."""
        self._live.set_parameters(dict(zip(self.names, values.tolist(), strict=True)))
        self._cameras.reseed(self.poses.seed)
        taken = []
        for k in range(self.poses.count):
            self._stand(k)
            taken.append(self._cameras.frames(_ONE).color[0])
        return Evidence(np.concatenate(taken), CAMERAS * self.poses.count)

    def close(self) -> None:
        """Free the cameras."""
        self._cameras.close()

    def _stand(self, k: int) -> Array:
        """Put the robot in a pose; returns its joint positions [rad], shape (23,)."""
        self._live.rewind(self.poses.seed + k)
        position: Array = self._live.plant.sim.joint_position[0]
        if self.poses.joints:
            position[:] = self.poses.joints[k]
        return position.copy()
