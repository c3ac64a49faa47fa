"""Messages of the XELA server, all versions: JSON text to numbers.

Up to 1.7.6 `data` is a string of hexadecimal counts and the greeting is {"message": "Welcome"}; 1.7.7 and 1.8 add
`type`, `integer` and `calibrated`, make `data` a list in places, and report temperatures in kelvin (FACTS 3.2).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dexsim2real_perception.errors import FrameError

_KELVIN_FROM = 150.0  # no sensor works at 150 degrees Celsius, none below 150 kelvin


@dataclass(frozen=True, eq=False)
class XelaSensor:
    """One sensor of one message."""

    number: str
    """The server's number of the sensor, "1" and up."""
    model: str
    stamp_ns: int
    """When the sensor was read, by the server's clock [ns]."""
    forces: NDArray[np.float64] | None
    """[N], the maker's calibration, shape (N, 3); None where the sensor has none."""
    counts: NDArray[np.float64] | None
    """Raw, 0 to 65535, shape (N, 3); None where forces are given."""
    updates: NDArray[np.float64] | None
    """Updates per second of each taxel, shape (N,); None where the server does not say."""
    temperatures: NDArray[np.float64] | None
    """[degrees Celsius], shape (N,); None where the server does not say."""

    @property
    def num_taxels(self) -> int:
        """N."""
        values = self.counts if self.forces is None else self.forces
        return 0 if values is None else len(values)

    def take(self, places: NDArray[np.intp]) -> XelaSensor:
        """The part of this sensor that is at these places of its list."""

        def part(values: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
            return None if values is None else values[places]

        return replace(
            self,
            forces=part(self.forces),
            counts=part(self.counts),
            updates=part(self.updates),
            temperatures=part(self.temperatures),
        )


def parse_message(text: str | bytes) -> tuple[XelaSensor, ...] | None:
    """The sensors of one message, or None for a greeting. Raises FrameError for anything else."""
    try:
        message = json.loads(text, strict=False)  # the maker's captures have bare line breaks inside `data`
    except (ValueError, RecursionError) as error:
        raise FrameError(f"not JSON: {bytes(str(text)[:40], 'utf-8', 'replace')!r}") from error
    if not isinstance(message, dict):
        raise FrameError(f"expected a JSON object, got {type(message).__name__}")
    if message.get("type") == "welcome" or message.get("message") == "Welcome":
        return None
    count = message.get("sensors")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= 256:
        raise FrameError(f"number of sensors is {count!r}, expected 1 or more; is this the XELA server?")
    return tuple(_sensor(str(number), message.get(str(number))) for number in range(1, count + 1))


def _sensor(number: str, part: Any) -> XelaSensor:
    if not isinstance(part, Mapping):
        raise FrameError(f"sensor {number} is missing")
    taxels = part.get("taxels")
    if not isinstance(taxels, int) or isinstance(taxels, bool) or taxels < 1:
        raise FrameError(f"sensor {number}: number of taxels is {taxels!r}")
    forces = _forces(number, part.get("calibrated"), 3 * taxels)
    return XelaSensor(
        number,
        str(part.get("model", "")),
        _stamp(number, part.get("time")),
        forces,
        None if forces is not None else _counts(number, part, 3 * taxels),
        _per_taxel(part.get("ups"), taxels),
        _celsius(_per_taxel(part.get("temp"), taxels)),
    )


def _stamp(number: str, seconds: Any) -> int:
    if not _is_number(seconds) or not 0 < seconds < 1e11:
        raise FrameError(f"sensor {number}: time is {seconds!r}, expected Unix seconds")
    return int(seconds * 1e6) * 1000  # a double holds the present to a quarter of a microsecond


def _forces(number: str, values: Any, size: int) -> NDArray[np.float64] | None:
    """None where the sensor is not calibrated (absent, null or empty), which is no error."""
    if values is None or values == []:
        return None
    if not isinstance(values, list) or len(values) != size or not all(map(_is_number, values)):
        raise FrameError(f"sensor {number}: 'calibrated' is not {size} finite numbers")
    return np.array(values, np.float64).reshape(-1, 3)


def _counts(number: str, part: Mapping[str, Any], size: int) -> NDArray[np.float64]:
    raw: Any = part.get("integer")
    if not isinstance(raw, list):
        raw = part.get("data")
    if isinstance(raw, str):
        try:
            raw = [int(word, 16) for word in "".join(raw.split()).split(",")]
        except ValueError as error:
            raise FrameError(f"sensor {number}: 'data' holds something that is not hexadecimal") from error
    if not isinstance(raw, list) or len(raw) != size:
        raise FrameError(f"sensor {number}: expected {size} counts")
    if not all(isinstance(value, int) and 0 <= value <= 0xFFFF for value in raw):
        raise FrameError(f"sensor {number}: counts must be whole numbers from 0 to 65535")
    return np.array(raw, np.float64).reshape(-1, 3)


def _per_taxel(values: Any, taxels: int) -> NDArray[np.float64] | None:
    """A number per taxel, or one for all; None where the server leaves it out or fills it with something else."""
    listed = values if isinstance(values, list) else [values] * taxels
    if len(listed) != taxels or not all(map(_is_number, listed)):
        return None
    return np.array(listed, np.float64)


def _celsius(temperatures: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    if temperatures is None:
        return None
    return np.where(temperatures > _KELVIN_FROM, temperatures - 273.15, temperatures)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
