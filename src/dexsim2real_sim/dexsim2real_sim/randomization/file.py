"""randomization.yaml: the distribution that training, twin and audits draw from, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import yaml

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_description.writing import whole_file
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.randomization.coding import describe, parse
from dexsim2real_sim.randomization.distribution import Distribution, Entropy
from dexsim2real_sim.randomization.method import Method
from dexsim2real_sim.randomization.strict import entries, items, number, text
from dexsim2real_sim.tasks import TASKS

SCHEMA = 1


@dataclass(frozen=True)
class Round:
    """What one round of a method found."""

    number: int
    """From 1."""
    queries: int
    """Samples that were scored."""
    mean_score: float
    """Of these samples, 1 to 10."""
    best_score: float
    entropy: float
    """Of the distribution after the round, over the uniform one [nats]."""


@dataclass(frozen=True)
class Cost:
    """What the distribution cost in all."""

    queries: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Randomization:
    """The contents of the file."""

    method: Method
    task: str
    distribution: Distribution
    entropy: Entropy
    critic: str = "none"
    """What scored the samples."""
    history: tuple[Round, ...] = ()
    cost: Cost = Cost()
    seeds: tuple[int, ...] = ()
    revision: str = "unknown"
    """Of the code, by git."""

    def save(self, file: Path) -> None:
        """Write the file, whole or not at all. Raises SimError if that cannot be done."""
        with whole_file(file, SimError) as partial:
            partial.write_text(yaml.safe_dump(self._plain(), sort_keys=False, width=110), encoding="utf-8")

    def _plain(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "method": self.method,
            "task": self.task,
            "critic": self.critic,
            "distribution": describe(self.distribution),
            "entropy": asdict(self.entropy),
            "history": [asdict(entry) for entry in self.history],
            "cost": asdict(self.cost),
            "seeds": list(self.seeds),
            "revision": self.revision,
        }


def load_randomization(path: Path) -> Randomization:
    """Read randomization.yaml. Raises DexSim2RealError that says which entry is wrong; nothing unknown is ignored."""
    data = _read(path)
    try:
        return _parse(data)
    except DexSim2RealError as error:
        raise SimError(f"{path}: {error}") from error


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SimError(f"cannot read {path}: {error.strerror}; give the path of a randomization file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SimError(f"{path} is not YAML: {error}; give the path of a randomization file") from error
    if not isinstance(data, dict) or not isinstance(data.get("schema"), int):
        raise SimError(f"{path} is not a randomization file: it has no `schema`")
    if data["schema"] != SCHEMA:
        raise SimError(f"{path} has schema {data['schema']}, this program reads {SCHEMA}; use the program it came from")
    return data


def _parse(data: Mapping[str, Any]) -> Randomization:
    names = ["schema", *(field.name for field in fields(Randomization))]
    found = entries("the file", data, names)
    if found["method"] not in get_args(Method):
        raise UnknownNameError("method", found["method"], get_args(Method))
    if found["task"] not in TASKS:
        raise UnknownNameError("task", found["task"], TASKS)
    entropy = _numbers("entropy", found["entropy"], Entropy)
    cost = _numbers("cost", found["cost"], Cost)
    rounds = [_numbers("history", entry, Round) for entry in items("history", found["history"])]
    return Randomization(
        found["method"],
        found["task"],
        parse(found["distribution"]),
        Entropy(float(entropy["nats"]), float(entropy["standard_error"])),
        text("critic", found["critic"]),
        tuple(Round(int(e["number"]), int(e["queries"]), *map(float, list(e.values())[2:])) for e in rounds),
        Cost(int(cost["queries"]), float(cost["seconds"])),
        tuple(int(number("seeds", seed)) for seed in items("seeds", found["seeds"])),
        text("revision", found["revision"]),
    )


def _numbers(what: str, data: Any, kind: type[Entropy | Cost | Round]) -> dict[str, float]:
    names = [field.name for field in fields(kind)]
    found = entries(what, data, names)
    return {name: number(f"{name} of {what}", found[name]) for name in names}
