"""N copies of one compiled scene on a thread pool, addressed by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError
from numpy.typing import NDArray

from dexsim2real_description import JOINTS, TIPS, UnknownNameError
from dexsim2real_sim.compiled import compiled
from dexsim2real_sim.robot import CONTACT_SLOTS

Array = NDArray[np.float64]
Ids = NDArray[np.intp]

CONTACT_VALUES = 12
"""Numbers per contact slot: force in the contact frame, position, normal, first tangent."""


class Simulation:
    """Batched state of a scene. Arrays are live views: a write is the state at the next step."""

    def __init__(self, model: mujoco.MjModel, num_envs: int, threads: int = 0) -> None:
        self.model = model
        self.batch = Batch(model, nsim=num_envs, nthread=threads)
        self.num_envs = num_envs
        self.qpos: Array = self.batch.bind("qpos")
        """Generalised positions, the 23 joints of JOINTS first, shape (N, nq)."""
        self.qvel: Array = self.batch.bind("qvel")
        self._motion: Array = self.batch.state[:, 1 : 1 + model.nq + model.nv]
        """Both in a row, as they follow each other behind the time, shape (N, nq + nv)."""
        self.ctrl: Array = self.batch.bind("ctrl")
        self.xpos: Array = self.batch.bind("xpos")
        """Body positions in the world [m], one physics step behind qpos, shape (N, bodies, 3)."""
        self.xquat: Array = self.batch.bind("xquat")
        self.xmat: Array = self.batch.bind("xmat")
        self.pushes: Array = self.batch.bind("xfrc_applied")
        """Force and torque on each body in the world frame, shape (N, bodies, 6)."""
        self.joint_position: Array = self.qpos[:, : len(JOINTS)]
        """[rad], shape (N, 23)."""
        self.joint_velocity: Array = self.qvel[:, : len(JOINTS)]
        """[rad/s], shape (N, 23)."""
        self.contacts: Array = self._bind_contacts()
        """Strongest contacts of each fingertip, shape (N, 4, slots, 12); an empty slot is zero."""
        self._loads: Array = self.contacts[:, :, 0, 0]
        self._shape_positions: Array = self.batch.bind("geom_xpos")
        self.tip_ids = np.array([self.body_id(tip) for tip in TIPS])
        self._tip_shapes = np.array([model.geom(f"{tip}_0").id for tip in TIPS])

    def _bind_contacts(self) -> Array:
        start = int(self.model.sensor(f"{TIPS[0]}_contacts").adr[0])
        size = len(TIPS) * CONTACT_SLOTS * CONTACT_VALUES
        part = self.batch.bind("sensordata")[:, start : start + size]
        return np.reshape(part, (self.num_envs, len(TIPS), CONTACT_SLOTS, CONTACT_VALUES), copy=False)

    @property
    def tip_positions(self) -> Array:
        """Origins of the fingertip frames in the world [m], shape (N, 4, 3)."""
        return self.xpos.take(self.tip_ids, axis=1)

    @property
    def tip_middles(self) -> Array:
        """Middles of the fingertips' contact shapes in the world [m], shape (N, 4, 3)."""
        return self._shape_positions.take(self._tip_shapes, axis=1)

    @property
    def touching(self) -> NDArray[np.bool_]:
        """Which fingertips touch something, shape (N, 4)."""
        return np.asarray(self._loads != 0.0)  # the strongest contact stands first

    @property
    def tip_rotations(self) -> Array:
        """Rotation matrices of the fingertip frames, shape (N, 4, 3, 3)."""
        return self.xmat.take(self.tip_ids, axis=1).reshape(self.num_envs, len(TIPS), 3, 3)

    @lru_cache(maxsize=256)  # noqa: B019  (a simulation lives as long as its environment)
    def body_id(self, name: str) -> int:
        """Raises UnknownNameError, which lists the bodies."""
        index = mujoco.mj_name2id(self.model, mujoco.mjtObj.mjOBJ_BODY, name)
        if index < 0:
            names = [self.model.body(i).name for i in range(self.model.nbody)]
            raise UnknownNameError("body", name, names)
        return int(index)

    @lru_cache(maxsize=256)  # noqa: B019
    def free_address(self, name: str) -> tuple[int, int]:
        """Where a free body's pose starts in qpos and its velocity in qvel."""
        joint = self.model.body(self.body_id(name)).jntadr[0]
        return int(self.model.jnt_qposadr[joint]), int(self.model.jnt_dofadr[joint])

    def pose(self, name: str) -> Array:
        """Position [m] and quaternion w, x, y, z of a free body, live, shape (N, 7)."""
        start, _ = self.free_address(name)
        return self.qpos[:, start : start + 7]

    def twist(self, name: str) -> Array:
        """Linear velocity (world) [m/s] and angular velocity (body) [rad/s] of a free body, shape (N, 6)."""
        _, start = self.free_address(name)
        return self.qvel[:, start : start + 6]

    def place(self, ids: Ids, joints: Array, targets: Array, poses: Mapping[str, Array]) -> None:
        """Put environments at rest: joint positions and servo targets (k, 23), free bodies' poses by name.

        A pose is position and quaternion (k, 7), or position alone (k, 3) for a body that slides but does not turn.
        """
        self.batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        self.qpos[ids, : len(JOINTS)] = joints
        self.ctrl[ids] = targets
        for name, pose in poses.items():
            start, _ = self.free_address(name)
            self.qpos[ids, start : start + pose.shape[1]] = pose
        self._fill_delay_buffers(ids, targets)

    def _fill_delay_buffers(self, ids: Ids, targets: Array) -> None:
        """As if the targets had been commanded for ever, so that a delay starts at rest."""
        places, joints = self._delayed
        self.batch.bind("history")[ids[:, None], places] = targets[:, joints]

    @cached_property
    def _delayed(self) -> tuple[Ids, Ids]:
        """Where the buffers keep commands that are on their way, and whose command each is."""
        samples, starts = self.model.actuator_history[: len(JOINTS), 0], self.model.actuator_historyadr
        # layout of a buffer: two bookkeeping numbers, then times, then values
        places = [start + 2 + n + np.arange(n) for start, n in zip(starts, samples, strict=False)]
        return np.concatenate(places), np.repeat(np.arange(len(JOINTS)), samples)

    def forward(self, ids: Ids) -> None:
        """Compute everything that follows from the state, contacts and sensors too."""
        self.batch.forward(ids)

    def advance(self, commands: Array) -> None:
        """Step through servo targets, one per physics step, shape (N, steps, 23) [rad].

        An environment in which MuJoCo warns stops within the call; `unstable` finds it.
        """
        self.batch.rollout(commands.shape[1], commands, record=())

    def unstable(self) -> tuple[NDArray[np.bool_], dict[str, int]]:
        """Environments that warned or hold a number that is not finite, shape (N,), and warnings by name.

        Clears the warnings: each is reported once.
        """
        if _sound(self.batch.warning, self._motion):
            return np.zeros(self.num_envs, dtype=bool), {}
        finite = np.isfinite(self._motion.sum(axis=1))
        counts = self.batch.warning[:, :, 1]
        warned = counts.any(axis=1)
        names = [mujoco.mjtWarning(i).name.removeprefix("mjWARN_").lower() for i in range(counts.shape[1])]
        found = {name: int(count) for name, count in zip(names, counts.sum(axis=0), strict=True) if count}
        self.batch.warning[:] = 0
        return warned | ~finite, found

    def save_state(self, env: int, file: Path) -> None:
        """Write one environment's full state for replay (numpy archive of `state` and `time`)."""
        np.savez_compressed(file, state=self.batch.state[env])


@compiled("b1(i4[:, :, ::1], f8[:, :])")
def _sound(warnings: NDArray[np.int32], motion: Array) -> bool:
    """Whether nothing was warned of and every number is finite."""
    for env in range(len(motion)):
        for warning in warnings[env]:
            if warning[1] > 0:
                return False
        for number in motion[env]:
            if not np.isfinite(number):
                return False
    return True


__all__ = ["CONTACT_VALUES", "Array", "Ids", "Simulation", "SimulationError"]
