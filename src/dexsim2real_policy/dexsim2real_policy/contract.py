"""What a policy and whoever runs it must agree on, and the comparison of the two sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from dexsim2real_description.action import ActionSpec
from dexsim2real_description.observation import ObservationSpec
from dexsim2real_policy.errors import ContractMismatchError, PolicyError

Kind = Literal["network", "hold", "scripted"]


@dataclass(frozen=True)
class Chunking:
    """How many future steps a policy gives at once, and what becomes of the overlap of successive chunks."""

    length: int = 1
    """Action steps per chunk, H."""
    blend: Literal["temporal_ensemble", "newest"] = "temporal_ensemble"
    """Average what all chunks say about a step, or take the newest chunk as it is."""
    decay: float = 0.01
    """Per action step: a chunk that is `a` steps old has weight exp(decay * a) (m in ACT, Zhao et al. 2023)."""


@dataclass(frozen=True)
class Provenance:
    """Where a policy comes from."""

    seeds: tuple[int, ...] = ()
    git_revision: str = "unknown"
    randomization_sha256: str | None = None
    """Of the randomization file it was trained under; None without one."""
    note: str = ""
    """How it was made, in words: algorithm, steps, teacher."""


@dataclass(frozen=True)
class Parity:
    """How far an ONNX file may be, and was, from the golden outputs."""

    tolerance: float
    """Largest absolute difference allowed, in actions (full scale 1)."""
    error: float
    """Largest absolute difference when the artifact was written."""


@dataclass(frozen=True)
class Contract:
    """Everything about a policy but its weights. The fields of contract.json, one to one."""

    kind: Kind
    task: str
    instruction: str
    """The task in words."""
    observation: ObservationSpec
    """What it sees; its rate is the policy rate."""
    action: ActionSpec
    """What its actions mean; its rate is that of the steps in a chunk."""
    chunk: Chunking = Chunking()
    provenance: Provenance = Provenance()
    parity: dict[str, Parity] = field(default_factory=dict)
    """One entry per variant of the network: float32, and int8 where it passed."""
    files: dict[str, str] = field(default_factory=dict)
    """sha256 of every other file in the artifact, by name; filled in by the writer."""

    def __post_init__(self) -> None:
        stride = self.action.rate / self.observation.rate
        if stride < 1 or abs(stride - round(stride)) > 1e-9:
            raise PolicyError(
                f"policy rate {self.observation.rate} Hz does not divide the action rate {self.action.rate} Hz; "
                "choose a whole number of action steps per observation"
            )
        if self.chunk.length < self.stride:
            raise PolicyError(
                f"a chunk of {self.chunk.length} steps ends before the next observation, {self.stride} steps later; "
                "make chunks longer or the policy rate higher"
            )
        if self.observation.joints != self.action.joints:
            raise PolicyError("observation and action have different joints; use the same names in the same order")

    @property
    def stride(self) -> int:
        """Action steps from one observation to the next."""
        return round(self.action.rate / self.observation.rate)


def check_match(contract: Contract, observation: ObservationSpec | None, action: ActionSpec | None) -> None:
    """Raise ContractMismatchError unless the policy fits the robot, saying which fields differ and both values.

    A side that is None is not compared. A policy may use fewer sensors than the robot has and observe less often, by
    a whole factor; a touch layout only matters to a policy that uses touch; the rest must be equal.
    """
    found: list[str] = []
    if observation is not None:
        found += _observation_mismatches(contract.observation, observation)
    if action is not None:
        found += _differing(contract.action, action, "action", ("joints", "rate", "lower", "upper"))
    if found:
        raise ContractMismatchError(
            f"the policy for task {contract.task!r} does not fit this robot: {'; '.join(found)}. "
            "Use an artifact made for this robot, or configure the robot as the policy expects"
        )


def _observation_mismatches(policy: ObservationSpec, robot: ObservationSpec) -> list[str]:
    names = ["joints", "lower", "upper", "velocity", "effort"]
    if (robot.rate / policy.rate) % 1 != 0:
        names.append("rate")
    if policy.touch_layout is not None:
        names += ["touch_layout", "taxels", "touch_range"]
    found = list(_differing(policy, robot, "observation", names))
    for name in ("cameras", "features"):
        wanted, offered = getattr(policy, name), getattr(robot, name)
        if not set(wanted) <= set(offered):
            hint = " (only a simulator knows them: distil the policy first)" if name == "features" else ""
            found.append(f"observation.{name} is {list(wanted)} in the policy but {list(offered)} on the robot{hint}")
    return found


def _differing(policy: object, robot: object, side: str, names: tuple[str, ...] | list[str]) -> Iterator[str]:
    for name in names:
        wanted, offered = getattr(policy, name), getattr(robot, name)
        if wanted == offered:
            continue
        if isinstance(wanted, tuple) and len(wanted) == len(offered):
            i = next(i for i, pair in enumerate(zip(wanted, offered, strict=True)) if pair[0] != pair[1])
            yield f"{side}.{name}[{i}] is {wanted[i]!r} in the policy but {offered[i]!r} on the robot"
        else:
            yield f"{side}.{name} is {wanted!r} in the policy but {offered!r} on the robot"
