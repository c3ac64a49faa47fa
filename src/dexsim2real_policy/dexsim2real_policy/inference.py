"""Running a policy: sensor values in, a chunk of joint targets out. numpy and onnxruntime only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import UnknownNameError
from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec, SensorValues, build_inputs
from dexsim2real_policy.artifact import NETWORKS, TRAJECTORY, read_contract, read_file, unpack
from dexsim2real_policy.blending import ChunkBlender
from dexsim2real_policy.builtin import Hold, Scripted, Steps, Trajectory, hold_contract
from dexsim2real_policy.contract import Contract, check_match
from dexsim2real_policy.errors import PolicyError
from dexsim2real_policy.runtime import Network

Array = NDArray[np.float64]
_FRESH = -1
"""Step count of a robot that has not acted since its reset."""


@dataclass(frozen=True, eq=False)
class ActionChunk:
    """Joint targets for the coming steps."""

    positions: Array
    """[rad], shape (H, 23), or (N, H, 23) for a batch."""
    dt: float
    """Time between steps [s]."""

    @property
    def times(self) -> Array:
        """When each target is to be reached, after the observation [s], shape (H,)."""
        return np.arange(1, self.positions.shape[-2] + 1) * self.dt


class Predictor(Protocol):
    """What differs between the kinds of policy."""

    def predict(self, values: SensorValues, steps: Steps) -> Array:
        """Joint targets [rad], shape (N, H, J), `steps` action steps (N,) after the reset."""


class Learned:
    """A network whose actions are steps of the joint targets."""

    def __init__(self, network: Network, contract: Contract, offered: tuple[str, ...]) -> None:
        """`offered` are the features that the sensor values will have, of which the policy takes its own."""
        self._network = network
        self._observation = contract.observation
        self._action = contract.action
        self._columns = [offered.index(name) for name in contract.observation.features]

    def predict(self, values: SensorValues, steps: Steps) -> Array:
        """Targets [rad], shape (N, H, J), stepped from the targets in force."""
        if self._columns and values.features is not None:
            values = replace(values, features=values.features[:, self._columns])
        actions = self._network(build_inputs(self._observation, values))
        return self._action.integrate(np.asarray(values.target, dtype=np.float64), actions)


class Policy:
    """A policy ready to run, for one robot or a batch of simulated ones."""

    def __init__(self, contract: Contract, predictor: Predictor) -> None:
        self.contract = contract
        self._predictor = predictor
        self._blender = ChunkBlender(contract.chunk)
        self._steps: Steps = np.empty(0, dtype=np.int64)

    def reset(self, robots: NDArray[np.bool_] | None = None) -> None:
        """Start an episode anew, for all or for some robots of the batch, shape (N,)."""
        self._blender.reset(robots)
        if robots is None or len(self._steps) == 0:
            self._steps = np.empty(0, dtype=np.int64)
        else:
            self._steps[robots] = _FRESH

    def act(self, values: SensorValues, steps: int | None = None) -> ActionChunk:
        """The targets to follow from now on; call it once per observation.

        `steps` is the number of action steps since the last call: the contract's stride unless calls were missed.
        With a batch, all robots advance together. Raises DexSim2RealError if the values do not fit the contract.
        """
        steps = self.contract.stride if steps is None else steps
        positions = self._blender.blend(self.propose(values, steps), steps)
        single = values.position.ndim == 1
        return ActionChunk(positions[0] if single else positions, 1.0 / self.contract.action.rate)

    def propose(self, values: SensorValues, steps: int | None = None) -> Array:
        """What `act` blends, joint targets [rad], shape (N, H, 23); call it in place of `act`, once per observation."""
        batch = values.as_batch()
        self._advance(len(batch.position), self.contract.stride if steps is None else steps)
        return self._predictor.predict(batch, self._steps)

    def _advance(self, robots: int, steps: int) -> None:
        """Count the action steps since the reset, robot by robot."""
        if len(self._steps) == 0:
            self._steps = np.full(robots, _FRESH, dtype=np.int64)
        if len(self._steps) != robots:
            raise PolicyError(
                f"a batch of {robots} robots follows one of {len(self._steps)}; reset the policy in between"
            )
        self._steps = np.where(self._steps == _FRESH, 0, self._steps + steps)


def load_policy(
    folder: Path | str,
    observation: ObservationSpec | None = None,
    action: ActionSpec | None = None,
    variant: str = "float32",
    threads: int = 1,
) -> Policy:
    """The policy in an artifact folder, after its files were checked and it was compared with the robot at hand.

    `observation` and `action` describe that robot, as the simulated or the real cell offers them; leave them out to
    look at a policy without one. `variant` is `float32` or `int8`. Raises ContractMismatchError if the policy was
    made for other joints, limits, touch layout, cameras or rates, and PolicyError if the artifact is damaged.
    """
    folder = Path(folder)
    contract = read_contract(folder)
    check_match(contract, observation, action)
    if contract.kind == "network":
        network = Network(read_file(folder, contract, _variant_file(variant)), contract, threads)
        offered = contract.observation.features if observation is None else observation.features
        return Policy(contract, Learned(network, contract, offered))
    return Policy(contract, _built_in(folder, contract))


def hold_policy(observation: ObservationSpec, action: ActionSpec) -> Policy:
    """The policy that keeps the joint targets where they are, without an artifact."""
    contract = hold_contract(observation, action)
    return Policy(contract, Hold(contract.chunk.length))


def _variant_file(variant: str) -> str:
    if variant not in NETWORKS:
        raise UnknownNameError("policy variant", variant, NETWORKS)
    return NETWORKS[variant]


def _built_in(folder: Path, contract: Contract) -> Predictor:
    horizon = contract.chunk.length
    if contract.kind == "hold":
        return Hold(horizon)
    arrays = unpack(read_file(folder, contract, TRAJECTORY), ("times", "positions"), f"{folder / TRAJECTORY}")
    return Scripted(Trajectory(arrays["times"], arrays["positions"]), contract.action, horizon)
