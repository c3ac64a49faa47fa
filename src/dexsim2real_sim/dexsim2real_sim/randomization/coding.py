"""Distributions as plain data and strictly back, values by parameter, in their units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dexsim2real_description import UnknownNameError
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.randomization.adr_box import AdrBox
from dexsim2real_sim.randomization.distribution import Distribution
from dexsim2real_sim.randomization.granular import Granular
from dexsim2real_sim.randomization.independent import Independent
from dexsim2real_sim.randomization.mixture import Mixture
from dexsim2real_sim.randomization.strict import entries, items, number, text
from dexsim2real_sim.randomization.uniform import Uniform

KINDS = ("uniform", "mixture", "adr_box", "independent", "granular")


def describe(distribution: Distribution) -> dict[str, Any]:
    """As plain data. Raises SimError for a kind that has no place in the file."""
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
        case Independent(parts=parts):
            return {"kind": "independent", "parts": [describe(part) for part in parts]}
        case Granular(of=inner, frame=frame):
            return {"kind": "granular", "frame": [name for name in names if name in frame], "of": describe(inner)}
        case _:
            raise SimError(f"a {type(distribution).__name__} cannot be saved; save one of {', '.join(KINDS)}")


def _ends(distribution: AdrBox | Mixture) -> dict[str, list[float]]:
    ends = np.stack([distribution.low, distribution.high], axis=1).tolist()
    return dict(zip(distribution.names, ends, strict=True))


def parse(data: Any) -> Distribution:
    """The distribution that `describe` made this of. Raises DexSim2RealError that says which entry is wrong."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == "uniform":
        given = items("parameters", _fields(data, "parameters")["parameters"])
        return Uniform([text("parameters", name) for name in given])
    if kind == "adr_box":
        return AdrBox(*_intervals(_fields(data, "parameters")["parameters"]))
    if kind == "mixture":
        return _mixture(_fields(data, "parameters", "components"))
    if kind == "independent":
        return Independent([parse(part) for part in items("parts", _fields(data, "parts")["parts"])])
    if kind == "granular":
        found = _fields(data, "frame", "of")
        return Granular(parse(found["of"]), [text("frame", name) for name in items("frame", found["frame"])])
    raise UnknownNameError("kind of distribution", kind, KINDS)


def _fields(data: Any, *names: str) -> dict[str, Any]:
    return entries("distribution", data, ["kind", *names])


def _mixture(data: dict[str, Any]) -> Mixture:
    names, low, high = _intervals(data["parameters"])
    parts = [
        entries("component", part, ["weight", "mean", "scale"]) for part in items("components", data["components"])
    ]
    weights = [number("weight", part["weight"]) for part in parts]
    means, scales = ([_row(key, part[key], names) for part in parts] for key in ("mean", "scale"))
    return Mixture(names, low, high, weights, means, scales)


def _intervals(data: Any) -> tuple[list[str], list[float], list[float]]:
    """Names, lower and upper ends."""
    if not isinstance(data, dict):
        raise SimError(f"parameters are {data!r}, expected names with two ends each")
    ends = {name: items(str(name), pair) for name, pair in data.items()}
    if bad := next((name for name, pair in ends.items() if len(pair) != 2), None):
        raise SimError(f"{bad} has {len(ends[bad])} ends, expected two")
    low, high = ([number(str(name), pair[i]) for name, pair in ends.items()] for i in (0, 1))
    return [str(name) for name in data], low, high


def _row(what: str, data: Any, names: Sequence[str]) -> list[float]:
    values = entries(what, data, names)
    return [number(f"{what} of {name}", values[name]) for name in names]
