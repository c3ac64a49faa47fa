"""The twin: a simulated robot that stands in for the real one.

Its parameters are hidden from training and partly outside the training ranges, and it has effects that the training
simulator has no parameter for. What is learned about a twin says something about learning from a robot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from dexsim2real_description import UnknownNameError
from dexsim2real_description.writing import whole_file
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.parameters import PARAMETERS, check_values, parameter

SCHEMA = 1
STRETCH = 1.3
"""A twin's parameters are drawn from the training ranges widened by this factor, so about a quarter lie outside."""


@dataclass(frozen=True)
class Unmodelled:
    """Effects for which the training simulator has no parameter."""

    stribeck_arm: float = 0.0
    """Static friction of the arm's joints beyond their sliding friction [N m]."""
    stribeck_hand: float = 0.0
    """The same for the hand [N m]."""
    stribeck_velocity: float = 0.1
    """Joint velocity at which the extra friction has fallen to 1/e [rad/s]."""
    touch_crosstalk: float = 0.0
    """Share of a taxel's force that its neighbours report."""
    timing_jitter: float = 0.0
    """Commands arrive up to this much later, anew each policy step [s]."""
    payload: float = 0.0
    """Mass on the palm that the robot does not know of [kg]."""
    payload_offset: float = 0.0
    """Where it sits along the palm's normal [m]."""
    vignetting: float = 0.0
    """Loss of brightness in the images' corners, 0 to 1."""
    color_cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Gain of the images' red, green and blue."""


@dataclass(frozen=True)
class Twin:
    """One simulated reality: hidden parameter values and unmodelled effects."""

    seed: int
    """Names the twin; also seeds its timing."""
    values: Mapping[str, float] = field(default_factory=dict)
    """Parameter values; what is not named is nominal."""
    unmodelled: Unmodelled = Unmodelled()

    def __post_init__(self) -> None:
        check_values(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that differ from nominal: a twin is a distribution of one point."""
        return tuple(self.values)

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """The same values `count` times, shape (count, len(names))."""
        return np.tile(list(self.values.values()), (count, 1))

    @classmethod
    def draw(cls, seed: int) -> Twin:
        """The twin of this seed: every parameter and every effect drawn. Raises SimError for a seed below 0."""
        if seed < 0:
            raise SimError(f"the seed of a twin is {seed}; it must be 0 or more")
        rng = np.random.default_rng([seed, 7])
        values = {name: _draw_value(name, rng) for name, p in PARAMETERS.items() if not p.frozen}
        cast = rng.uniform(0.85, 1.1, 3)
        return cls(
            seed,
            values,
            Unmodelled(
                stribeck_arm=rng.uniform(0.2, 1.5),
                stribeck_hand=rng.uniform(0.002, 0.02),
                stribeck_velocity=rng.uniform(0.05, 0.2),
                touch_crosstalk=rng.uniform(0.02, 0.15),
                timing_jitter=rng.uniform(0.0, 0.015),
                payload=rng.uniform(0.0, 0.2),
                payload_offset=rng.uniform(-0.02, 0.02),
                vignetting=rng.uniform(0.1, 0.4),
                color_cast=(float(cast[0]), float(cast[1]), float(cast[2])),
            ),
        )

    def save(self, file: Path) -> None:
        """Write the twin as YAML, for another evaluator to load. Raises SimError if that cannot be done."""
        effects = {**asdict(self.unmodelled), "color_cast": list(self.unmodelled.color_cast)}
        data = {"schema": SCHEMA, "seed": self.seed, "values": dict(self.values), "unmodelled": effects}
        with whole_file(file, SimError) as partial:
            partial.write_text(yaml.safe_dump(data, sort_keys=False))

    @classmethod
    def named(cls, which: str) -> Twin:
        """The twin that a person means: of this seed, or in this file. Raises as `load` does."""
        return cls.draw(int(which)) if which.isdecimal() else cls.load(Path(which))

    @classmethod
    def load(cls, file: Path) -> Twin:
        """Read a twin. Raises SimError or UnknownNameError for a file that does not describe one."""
        data = _read_mapping(file)
        _only_known("key of a twin file", data, ("schema", "seed", "values", "unmodelled"))
        if data.get("schema") != SCHEMA:
            raise SimError(f"{file}: schema is {data.get('schema')!r}, expected {SCHEMA}; write it with Twin.save")
        effects = dict(_section(file, data, "unmodelled"))
        _only_known("unmodelled effect", effects, [f.name for f in fields(Unmodelled)])
        values = {name: _number(file, name, value) for name, value in _section(file, data, "values").items()}
        cast = effects.pop("color_cast", [1.0, 1.0, 1.0])
        if not isinstance(cast, list) or len(cast) != 3:
            raise SimError(f"{file}: color_cast is {cast!r}, expected three numbers")
        numbers = {name: _number(file, name, value) for name, value in effects.items()}
        red, green, blue = (_number(file, "color_cast", c) for c in cast)
        seed = _number(file, "seed", data.get("seed"))
        return cls(int(seed), values, Unmodelled(**numbers, color_cast=(red, green, blue)))


def _draw_value(name: str, rng: np.random.Generator) -> float:
    p = parameter(name)
    middle, half = sum(p.range) / 2, (p.range[1] - p.range[0]) / 2
    value = middle + STRETCH * half * rng.uniform(-1.0, 1.0)
    return float(np.clip(round(value) if p.integer else value, *p.bounds))


def _read_mapping(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(file.read_text())
    except OSError as error:
        raise SimError(f"cannot read twin file {file}: {error.strerror}; give the path of a saved twin") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SimError(f"{file} is not YAML: {error}; give the path of a saved twin") from error
    if not isinstance(data, dict):
        raise SimError(f"{file} holds {type(data).__name__}, expected a mapping with schema, seed, values, unmodelled")
    return data


def _section(file: Path, data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise SimError(f"{file}: {name} is {section!r}, expected names with numbers")
    return section


def _only_known(kind: str, data: Mapping[str, Any], known: list[str] | tuple[str, ...]) -> None:
    for name in data:
        if name not in known:
            raise UnknownNameError(kind, name, known)


def _number(file: Path, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise SimError(f"{file}: {name} is {value!r}, expected a finite number")
    return float(value)
