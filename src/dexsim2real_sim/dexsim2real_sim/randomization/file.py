"""randomization.yaml: the distribution that training, twin and audits draw from, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_args

import numpy as np
import yaml

from dexsim2real_description import DexSim2RealError, UnknownNameError
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.randomization.adr_box import AdrBox
from dexsim2real_sim.randomization.distribution import Distribution, Entropy
from dexsim2real_sim.randomization.method import Method
from dexsim2real_sim.randomization.mixture import Mixture
from dexsim2real_sim.randomization.uniform import Uniform
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
        partial = file.with_name(file.name + ".partial")
        try:
            partial.write_text(yaml.safe_dump(self._plain(), sort_keys=False, width=110), encoding="utf-8")
            partial.replace(file)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise SimError(f"cannot write {file}: {error.strerror}; choose a folder you may write to") from error

    def _plain(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "method": self.method,
            "task": self.task,
            "critic": self.critic,
            "distribution": _describe(self.distribution),
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
    entries = _entries("the file", data, names)
    if entries["method"] not in get_args(Method):
        raise UnknownNameError("method", entries["method"], get_args(Method))
    if entries["task"] not in TASKS:
        raise UnknownNameError("task", entries["task"], TASKS)
    entropy = _numbers("entropy", entries["entropy"], Entropy)
    cost = _numbers("cost", entries["cost"], Cost)
    rounds = [_numbers("history", entry, Round) for entry in _list("history", entries["history"])]
    return Randomization(
        entries["method"],
        entries["task"],
        _distribution(entries["distribution"]),
        Entropy(float(entropy["nats"]), float(entropy["standard_error"])),
        _text("critic", entries["critic"]),
        tuple(Round(int(e["number"]), int(e["queries"]), *map(float, list(e.values())[2:])) for e in rounds),
        Cost(int(cost["queries"]), float(cost["seconds"])),
        tuple(int(_number("seeds", seed)) for seed in _list("seeds", entries["seeds"])),
        _text("revision", entries["revision"]),
    )


def _describe(distribution: Distribution) -> dict[str, Any]:
    """As plain data, values by parameter, in their units."""
    names = distribution.names
    match distribution:
        case Uniform():
            return {"kind": "uniform", "parameters": list(names)}
        case AdrBox():
            return {"kind": "adr_box", "parameters": _ends(distribution)}
        case Mixture(weights=weights, means=means, scales=scales):
            components = [
                {
                    "weight": weight,
                    "mean": dict(zip(names, mean, strict=True)),
                    "scale": dict(zip(names, scale, strict=True)),
                }
                for weight, mean, scale in zip(weights.tolist(), means.tolist(), scales.tolist(), strict=True)
            ]
            return {"kind": "mixture", "parameters": _ends(distribution), "components": components}
        case _:
            raise SimError(f"a {type(distribution).__name__} cannot be saved; save Uniform, AdrBox or Mixture")


def _ends(distribution: AdrBox | Mixture) -> dict[str, list[float]]:
    ends = np.stack([distribution.low, distribution.high], axis=1).tolist()
    return dict(zip(distribution.names, ends, strict=True))


def _distribution(data: Any) -> Distribution:
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == "uniform":
        given = _list("parameters", _entries("distribution", data, ["kind", "parameters"])["parameters"])
        return Uniform([_text("parameters", name) for name in given])
    if kind == "adr_box":
        return AdrBox(*_intervals(_entries("distribution", data, ["kind", "parameters"])["parameters"]))
    if kind == "mixture":
        entries = _entries("distribution", data, ["kind", "parameters", "components"])
        names, low, high = _intervals(entries["parameters"])
        parts = [
            _entries("component", part, ["weight", "mean", "scale"])
            for part in _list("components", entries["components"])
        ]
        weights = [_number("weight", part["weight"]) for part in parts]
        means, scales = ([_row(key, part[key], names) for part in parts] for key in ("mean", "scale"))
        return Mixture(names, low, high, weights, means, scales)
    raise UnknownNameError("kind of distribution", kind, ("uniform", "mixture", "adr_box"))


def _intervals(data: Any) -> tuple[list[str], list[float], list[float]]:
    """Names, lower and upper ends."""
    if not isinstance(data, dict):
        raise SimError(f"parameters are {data!r}, expected names with two ends each")
    ends = {name: _list(str(name), pair) for name, pair in data.items()}
    if bad := next((name for name, pair in ends.items() if len(pair) != 2), None):
        raise SimError(f"{bad} has {len(ends[bad])} ends, expected two")
    low, high = ([_number(str(name), pair[i]) for name, pair in ends.items()] for i in (0, 1))
    return [str(name) for name in data], low, high


def _row(what: str, data: Any, names: Sequence[str]) -> list[float]:
    entries = _entries(what, data, names)
    return [_number(f"{what} of {name}", entries[name]) for name in names]


def _entries(what: str, data: Any, names: Sequence[str]) -> dict[str, Any]:
    """The entries of a mapping that must have exactly these."""
    if not isinstance(data, dict):
        raise SimError(f"{what} is {data!r}, expected entries {', '.join(names)}")
    for name in data:
        if name not in names:
            raise UnknownNameError(f"entry of {what}", name, names)
    if missing := [name for name in names if name not in data]:
        raise SimError(f"{what} has no {', '.join(missing)}; write it with Randomization.save")
    return data


def _numbers(what: str, data: Any, kind: type[Entropy | Cost | Round]) -> dict[str, float]:
    names = [field.name for field in fields(kind)]
    entries = _entries(what, data, names)
    return {name: _number(f"{name} of {what}", entries[name]) for name in names}


def _number(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise SimError(f"{what} is {value!r}, expected a finite number")
    return value


def _text(what: str, value: object) -> str:
    if not isinstance(value, str):
        raise SimError(f"{what} is {value!r}, expected text")
    return value


def _list(what: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise SimError(f"{what} is {value!r}, expected a list")
    return value
