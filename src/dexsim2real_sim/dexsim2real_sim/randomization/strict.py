"""Plain data from a file, taken only as it is expected: what is missing, unknown or ill-typed is an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dexsim2real_description import UnknownNameError
from dexsim2real_sim.errors import SimError


def entries(what: str, data: Any, names: Sequence[str]) -> dict[str, Any]:
    """The entries of a mapping that must have exactly these. Raises SimError or UnknownNameError, as all here do."""
    if not isinstance(data, dict):
        raise SimError(f"{what} is {data!r}, expected entries {', '.join(names)}")
    for name in data:
        if name not in names:
            raise UnknownNameError(f"entry of {what}", name, names)
    if missing := [name for name in names if name not in data]:
        raise SimError(f"{what} has no {', '.join(missing)}; write it with Randomization.save")
    return data


def number(what: str, value: object) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise SimError(f"{what} is {value!r}, expected a finite number")
    return value


def text(what: str, value: object) -> str:
    """Words."""
    if not isinstance(value, str):
        raise SimError(f"{what} is {value!r}, expected text")
    return value


def items(what: str, value: object) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise SimError(f"{what} is {value!r}, expected a list")
    return value
