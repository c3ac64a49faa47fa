"""The batched environment: N cells stepped together, each with its own parameters, objects and random streams."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from dexsim2real_description import CAMERAS, JOINTS, Cell, make_cell
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.area import Size
from dexsim2real_description.camera import CameraMount
from dexsim2real_description.observation import ObservationSpec, SensorValues, build_inputs
from dexsim2real_sim.cameras import Cameras
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.episode import EpisodeStarter
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.lag import FrameLag
from dexsim2real_sim.objects import choose_objects
from dexsim2real_sim.parameters import NAMES, check_values
from dexsim2real_sim.parameters.camera import LONGEST_IMAGE_LAG
from dexsim2real_sim.plant import Plant
from dexsim2real_sim.randomization import frame_parameters
from dexsim2real_sim.render import FAST, Quality
from dexsim2real_sim.sampling import ParameterSampler
from dexsim2real_sim.sensing import Sensors
from dexsim2real_sim.snapshot import Snapshot
from dexsim2real_sim.tasks import Task, make_task
from dexsim2real_sim.tasks.base import Goal, feature_columns, flat_features
from dexsim2real_sim.twin import Twin

Array = NDArray[np.float64]
log = logging.getLogger(__name__)


@dataclass
class Counters:
    """What went wrong while stepping, since the environment was made."""

    unstable: int = 0
    """Episodes ended by a warning of the engine or a number that was not finite."""
    warnings: dict[str, int] = field(default_factory=dict)
    """Engine warnings by name, buffer overflows among them."""


class DexEnv(VectorEnv):
    """N cells as one Gymnasium vector environment, numpy only.

    Observations are float32: `proprioception` (N, 92), `touch` (N, 4, T, 3) and `features` (N, F), the privileged
    state of the task; with an image size also `images`, uint8 (N, 2, H, W, 3). Actions are increments of the joint
    targets in [-1, 1], shape (N, 23). An episode that ends is reset in the same step; `info["final_obs"]` holds its
    last observation, `info["final_reasons"]` why it failed (empty where it did not), in the order of
    `info["final_ids"]`.
    """

    def __init__(self, config: EnvConfig, sampler: ParameterSampler | None = None, twin: Twin | None = None) -> None:
        self.config = config
        self.num_envs = config.num_envs
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP, "render_fps": config.policy_rate}
        self.task: Task = make_task(config.task, config.pregrasp)
        self.goal: Goal = self.task
        """What episodes are judged by; a curriculum may set other goals on the way to the task's."""
        self.cell: Cell = make_cell(config.arm, config.hand, config.touch)
        self.plant = Plant(self.cell, self.task, config, twin)
        self.sim, self.world, self.values = self.plant.sim, self.plant.world, self.plant.values
        self.values.frame = frame_parameters(sampler)
        self.starter = EpisodeStarter(self.plant, config, choose_objects(config.objects), twin or sampler)
        self.sensors = Sensors(self.cell, self.plant, config, twin)
        self._sampler, self._twin = sampler, twin
        self.cameras = self.make_cameras(config.image_size) if config.image_size else None
        """Those of the observation; None without images."""
        self._on_demand: dict[Size, Cameras] = {}
        self._images = np.zeros((self.num_envs, len(CAMERAS), *(config.image_size or (0, 0)), 3), np.uint8)
        self._image_lag = FrameLag(self._images, 1 / config.policy_rate, LONGEST_IMAGE_LAG)
        self.difficulty: Array = np.full(self.num_envs, config.difficulty)
        """Of the episodes that begin from now on, shape (N,); a curriculum moves it."""
        self.time_limit = config.time_limit or self.task.time_limit
        """Of an episode [s]."""
        self.action_spec = ActionSpec.of_cell(self.cell, config.policy_rate, hold_arm=self.task.holds_arm)
        self.ends: dict[int, Snapshot] | None = None
        """With a mapping in place of None, how the episodes that succeeded in the last step ended, by environment."""
        self.counters = Counters()
        self.target: Array = np.zeros((self.num_envs, len(JOINTS)))
        """Joint targets in force [rad], shape (N, 23)."""
        self.steps = np.zeros(self.num_envs, dtype=int)
        """Policy steps since the episode began, shape (N,)."""
        self.held: Array = np.zeros(self.num_envs)
        """How long the goal has been reached without a break [s], shape (N,)."""
        self._all = np.arange(self.num_envs)
        self._palm = self.sim.body_id(self.cell.hand.root)
        self._start(self._all)
        self.features = self.task.features(self.world)
        self.feature_names = tuple(self.features)
        self.observation_spec = self._observation_spec()
        self._make_spaces()

    def _observation_spec(self) -> ObservationSpec:
        columns = feature_columns(self.features)
        size = self.config.image_size
        seen = {"cameras": CAMERAS, "image_size": size} if size else {"cameras": ()}
        return ObservationSpec.of_cell(self.cell, rate=self.config.policy_rate, features=columns, **seen)

    def _make_spaces(self) -> None:
        box = gym.spaces.Box
        self.single_observation_space = gym.spaces.Dict(
            {
                name: box(0, 255, shape, np.uint8) if name == "images" else box(-np.inf, np.inf, shape)
                for name, shape in self.observation_spec.shapes.items()
            }
        )
        self.single_action_space = box(-1.0, 1.0, (len(JOINTS),))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Start every environment anew; `seed` restarts the random streams. Returns observations and info."""
        if seed is not None:
            if not isinstance(seed, int):
                raise SimError(f"reset takes one integer seed for all environments, not {type(seed).__name__}")
            self.starter.reseed(seed)
            self.sensors.reseed(seed)
            if self.cameras is not None:
                self.cameras.reseed(seed)
        self._start(self._all)
        self.features = self.task.features(self.world)
        return self._observe(), {}

    def step(
        self, actions: NDArray[np.floating]
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Advance one policy step with actions in [-1, 1], shape (N, 23)."""
        last, self.target = self.target, self.action_spec.step(self.target, self.sensors.disturb(actions))
        self.plant.push(self.sensors.push_noise)
        self.plant.advance(last, self.target)
        unstable = self._contain_unstable()
        self.steps += 1
        self.sensors.measure()
        self.features = self.task.features(self.world)
        info, terminated, truncated = self._judge(unstable)
        reward = self.goal.reward(self.features, self.world.difficulty)
        if np.count_nonzero(info["success"]):
            reward = reward + self.goal.success_bonus * info["success"]
        self._look()
        observation = self._observe()
        done = (terminated | truncated).nonzero()[0]
        if len(done):
            info["final_obs"] = {name: value[done] for name, value in observation.items()}
            info["final_ids"] = done
            info["final_reasons"] = ["" if info["success"][env] else self.failure_reason(int(env)) for env in done]
            if self.ends is not None:
                self.ends = {env: self.snapshot(env) for env in done[info["success"][done]].tolist()}
            self._start(done)
            self.features = self.task.features(self.world)
            observation = self._observe()
        return observation, reward.astype(np.float32), terminated, truncated, info

    def set_parameters(self, ids: NDArray[np.intp], values: Mapping[str, float]) -> None:
        """Give environments these parameter values and leave all else as it is, until their episode ends.

        Raises UnknownNameError or DexSim2RealError, and then changes nothing. `object_scale` is felt only from the
        next episode on, whose start it shapes.
        """
        check_values(values)
        for env in ids:
            present = dict(zip(NAMES, self.values.table[env].tolist(), strict=True))
            self.values.assign(int(env), {**present, **values})
        self.starter.write_models(ids)
        self.sensors.read_parameters(ids)

    def snapshot(self, env: int) -> Snapshot:
        """The present state of an environment, from which `starter.begin_from` lets episodes begin."""
        return self.starter.snapshot(env, self.target[env])

    def sensor_values(self) -> SensorValues:
        """What the present observation is made of, as `load_policy`'s policies take it; features among it."""
        readings: SensorValues = self.sensors.readings(self.target)
        readings.features = flat_features(self.features)
        if self.cameras is not None:
            readings.images = {name: self._images[:, i] for i, name in enumerate(CAMERAS)}
        return readings

    def failure_reason(self, env: int) -> str:
        """Why environment `env` has not succeeded, in words and numbers."""
        stopped = self.cell.workspace.complaint(self.sim.xpos[env, self._palm])
        return stopped or self.goal.failure(self.features, self.world.difficulty, env)

    def close(self, **kwargs: Any) -> None:
        """Free the cameras."""
        for cameras in (self.cameras, *self._on_demand.values()):
            if cameras is not None:
                cameras.close()

    def camera_images(self, size: Size, ids: NDArray[np.intp] | None = None) -> NDArray[np.uint8]:
        """A new frame of both cameras, of all environments or some, RGB, shape (k, 2, *size, 3).

        Raises SimError without a working OpenGL library.
        """
        if size not in self._on_demand:
            self._on_demand[size] = self.make_cameras(size)
        return self._on_demand[size].frames(self._all if ids is None else ids).color

    def make_cameras(self, size: Size, quality: Quality = FAST, mounts: Sequence[CameraMount] | None = None) -> Cameras:
        """Cameras for images on demand, of all environments or some; by default both of the cell.

        Raises SimError without a working OpenGL library.
        """
        config = self.config
        return Cameras(self.plant, mounts or self.cell.cameras, size, config.seed, self._sampler, self._twin, quality)

    def _judge(self, unstable: NDArray[np.bool_]) -> tuple[dict[str, Any], NDArray[np.bool_], NDArray[np.bool_]]:
        """Success, end of episode and why; where the safety gate would stop the robot, an episode is lost."""
        stopped = self.cell.workspace.outside(self.sim.xpos[:, self._palm])
        achieved = self.goal.achieved(self.features, self.world.difficulty) & ~(unstable | stopped)
        self.held += 1 / self.config.policy_rate
        self.held *= achieved
        success = achieved & (self.held >= self.goal.hold)
        lost = self.task.lost(self.features) | stopped
        terminated = success | lost | unstable
        truncated = (self.steps >= self.time_limit * self.config.policy_rate) & ~terminated
        return {"success": success, "lost": lost, "unstable": unstable}, terminated, truncated

    def _contain_unstable(self) -> NDArray[np.bool_]:
        """Find environments that blew up, log them, and put them back at their start so that no NaN spreads."""
        unstable, warnings = self.sim.unstable()
        for name, count in warnings.items():
            self.counters.warnings[name] = self.counters.warnings.get(name, 0) + count
        broken = unstable.nonzero()[0]
        for env in broken:
            self.counters.unstable += 1
            log.warning("environment %d became unstable at step %d and is reset", env, self.steps[env])
            if self.config.crash_folder is not None:
                self.sim.save_state(int(env), self.config.crash_folder / f"unstable_{self.counters.unstable:04d}.npz")
        if len(broken):
            self.starter.restore(broken)
        return unstable

    def _start(self, ids: NDArray[np.intp]) -> None:
        self.world.difficulty[ids] = self.difficulty[ids]
        self.target[ids] = self.starter.start(ids)
        self.steps[ids] = 0
        self.held[ids] = 0.0
        self.sensors.reset(ids)
        if self.cameras is not None:
            self._images[ids] = self.cameras.frames(ids).color
            self._image_lag.reset(ids, self._images[ids])

    def _look(self) -> None:
        """Take a new frame and see the one that has arrived, if the observation has images."""
        if self.cameras is not None:
            self._images = self._image_lag.push(self.cameras.frames(self._all).color, self.values["image_lag"])

    def _observe(self) -> dict[str, NDArray[Any]]:
        return build_inputs(self.observation_spec, self.sensor_values())


def make_env(
    task: str,
    num_envs: int = 1,
    seed: int = 0,
    *,
    sampler: ParameterSampler | None = None,
    twin: Twin | None = None,
    **options: Any,
) -> DexEnv:
    """The environment of a task; `options` are the fields of EnvConfig.

    `sampler` draws the parameters of each episode; without one they are nominal. A `twin` takes its place and adds
    its unmodelled effects.

    Raises UnknownNameError for a task, object, arm, hand or touch layout that does not exist.
    """
    return DexEnv(EnvConfig(task=task, num_envs=num_envs, seed=seed, **options), sampler, twin)
