"""The plan of an evaluation: which policy is tried when, where the object lies, and under what conditions.

The plan that operators and judges see has no method in it; which trial belongs to which method is in a second file,
the key. Trials of all methods are shuffled together, and every method gets the same poses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import product
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.writing import whole_file
from dexsim2real_sim.tasks import make_task

SCHEMA = 1
PLAN, KEY = "plan.yaml", "key.yaml"

CONDITIONS: tuple[str, ...] = ("base", "background", "lighting", "distractor", "object")
"""`base` is what training saw; each of the others changes one thing."""
SEEN: tuple[str, ...] = ("base",)


@dataclass(frozen=True)
class PlanConfig:
    """What to try."""

    task: str
    methods: tuple[str, ...]
    """Names of the methods that are compared."""
    trials: int = 50
    """Per method, seed and condition."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Training seeds; each is a policy of its own."""
    conditions: tuple[str, ...] = ("base",)
    """Any of base, background, lighting, distractor, object."""
    area: float = 0.15
    """Side of the square in which the object starts [m]."""
    grid: int = 0
    """Put objects on a grid of this many rows and columns instead, each cell as often as any other."""
    shuffle: int = 0
    """Seed of poses and order."""


@dataclass(frozen=True)
class Trial:
    """One trial, as operators and judges see it."""

    name: str
    """Without any hint at the method."""
    condition: str
    x: float
    """Start of the object relative to the middle of the area [m]."""
    y: float
    yaw: float
    """[rad]"""


@dataclass(frozen=True)
class Secret:
    """What is behind a trial."""

    method: str
    seed: int


@dataclass(frozen=True)
class Plan:
    """A blinded plan and its key."""

    task: str
    trials: tuple[Trial, ...]
    """In the order in which to run them."""
    key: Mapping[str, Secret]
    """By trial name."""

    def save(self, folder: Path) -> None:
        """Write plan and key into `folder`, which is made. Raises DexSim2RealError if there is a plan already."""
        if (folder / PLAN).exists():
            raise DexSim2RealError(f"{folder} holds a plan already; trials of it may have been judged: choose another")
        plan = {"schema": SCHEMA, "task": self.task, "trials": [asdict(trial) for trial in self.trials]}
        key = {"schema": SCHEMA, "key": {name: asdict(secret) for name, secret in self.key.items()}}
        for name, data in ((KEY, key), (PLAN, plan)):  # the plan last: with it, the folder counts as complete
            with whole_file(folder / name) as partial:
                partial.write_text(yaml.safe_dump(data, sort_keys=False, default_flow_style=None, width=110))

    @classmethod
    def load(cls, folder: Path) -> Plan:
        """Read plan and key. Raises DexSim2RealError that says what is wrong with which file."""
        plan, key = _read(folder / PLAN), _read(folder / KEY)
        try:
            trials = tuple(Trial(**trial) for trial in plan["trials"])
            secrets = {str(name): Secret(**secret) for name, secret in key["key"].items()}
            task = str(plan["task"])
        except (KeyError, TypeError, AttributeError) as error:
            raise DexSim2RealError(f"the plan in {folder} is not complete: {error!r}") from error
        if {trial.name for trial in trials} != set(secrets):
            raise DexSim2RealError(f"plan and key in {folder} do not list the same trials; they are not of one plan")
        return cls(task, trials, secrets)


def make_plan(config: PlanConfig) -> Plan:
    """Draw poses and order.

    Raises UnknownNameError for a task or a condition, DexSim2RealError for a plan without trials.
    """
    make_task(config.task)
    for condition in config.conditions:
        if condition not in CONDITIONS:
            raise UnknownNameError("condition", condition, CONDITIONS)
    total = config.trials * len(config.seeds) * len(config.conditions) * len(config.methods)
    if total <= 0 or len(set(config.methods)) < len(config.methods):
        raise DexSim2RealError("a plan needs at least one trial, seed, condition and method, no method twice")
    rng = np.random.default_rng(config.shuffle)
    drawn = [
        (Secret(method, seed), condition, pose)
        for condition, seed in product(config.conditions, config.seeds)
        for pose in _poses(config, rng)
        for method in config.methods
    ]
    order = rng.permutation(total)
    names = [f"trial_{number:0{len(str(total))}d}" for number in range(1, total + 1)]
    trials, key = [], {}
    for name, index in zip(names, order, strict=True):
        secret, condition, (x, y, yaw) = drawn[index]
        trials.append(Trial(name, condition, round(x, 4), round(y, 4), round(yaw, 4)))
        key[name] = secret
    return Plan(config.task, tuple(trials), key)


def _poses(config: PlanConfig, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """x, y [m] and yaw [rad] of the trials of one condition and seed."""
    yaw = rng.uniform(-pi, pi, config.trials)
    if config.grid:
        side = (np.arange(config.grid) + 0.5) / config.grid - 0.5
        cells = np.array(list(product(side, side)))
        places = cells[np.arange(config.trials) % len(cells)] * config.area
    else:
        places = rng.uniform(-config.area / 2, config.area / 2, (config.trials, 2))
    return [(float(x), float(y), float(angle)) for (x, y), angle in zip(places, yaw, strict=True)]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DexSim2RealError(
            f"cannot read {path}: {error.strerror}; make a plan with: dexsim2real trials plan"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DexSim2RealError(f"{path} is not YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
        raise DexSim2RealError(f"{path} is not a file of a plan: it has no `schema`")
    if data["schema"] > SCHEMA:
        raise DexSim2RealError(f"{path} has version {data['schema']}, this program reads up to {SCHEMA}; update it")
    return data
