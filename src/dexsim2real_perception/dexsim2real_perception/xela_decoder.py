"""From the XELA server's messages to forces on the fingertips, and the reasons to refuse them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS, TouchLayout
from dexsim2real_description.whole_hand import HAND_MODELS, HAND_TAXELS, HAND_TIPS
from dexsim2real_description.xela import FORCE_PER_COUNT, xela_tip
from dexsim2real_perception.errors import FrameError
from dexsim2real_perception.source import State
from dexsim2real_perception.touch import TouchFrame
from dexsim2real_perception.xela_frames import XelaSensor, parse_message
from dexsim2real_perception.xela_zero import Baseline, BaselineConfig


@dataclass(frozen=True)
class DecoderConfig:
    """What is expected of the server."""

    sensors: tuple[str, str, str, str] = ("1", "2", "3", "4")
    """The server's numbers of the index, middle, ring and thumb tips; not used where one sensor is a whole hand."""
    min_rate: float = 50.0
    """Slowest update rate that is accepted [Hz]; servers have been seen at 2.5 to 105 (FACTS 3.2)."""
    max_age_s: float = 0.25
    """Oldest reading that is accepted, and largest lead of the server's clock."""
    baseline: BaselineConfig = field(default_factory=BaselineConfig)


class XelaDecoder:
    """Turns each message into a touch frame, or into a state that says why not.

    Forces are the maker's where all four tips have them; else counts less a no-touch baseline, by the scale of
    the data sheet. The baseline outlives a lost connection: taking it anew in mid-grasp would hide the grasp.
    """

    def __init__(self, layout: TouchLayout, config: DecoderConfig | None = None) -> None:
        self.layout = layout
        self.config = config or DecoderConfig()
        self.state = State("waiting for the first message")
        self.temperature: float | None = None
        """Mean of the tips in the last message [degrees Celsius]."""
        self._tip = xela_tip(layout)
        self._baseline = Baseline(self.config.baseline)
        self._last_stamp = 0
        self._stamps: deque[int] = deque(maxlen=50)

    def zero(self) -> None:
        """Take the no-touch baseline anew; nothing may touch the fingers for as long as it takes."""
        self._baseline = Baseline(self.config.baseline)

    def feed(self, text: str | bytes, now_ns: int) -> TouchFrame | None:
        """The frame in one message received at `now_ns` [ns], if it holds a new one that can be believed."""
        try:
            sensors = parse_message(text)
            if sensors is None:
                return None
            tips = self._tips(sensors)
            _check_alike(tips)
        except FrameError as error:
            self.state = State(f"refused: {error}")
            return None
        return self._judge(tips, now_ns)

    def _tips(self, sensors: Sequence[XelaSensor]) -> list[XelaSensor]:
        """The four tips in our order, taxels in the maker's."""
        for sensor in sensors:
            if sensor.model.upper() in HAND_MODELS:
                _check_taxels(sensor, HAND_TAXELS)
                _check_layout(sensor, HAND_TIPS.shape[1], self.layout)
                return [sensor.take(places) for places in HAND_TIPS]
        by_number = {sensor.number: sensor for sensor in sensors}
        for finger, number in zip(FINGERS, self.config.sensors, strict=True):
            if number not in by_number:
                raise FrameError(
                    f"no sensor {number} for the {finger} tip; the server has {', '.join(by_number)}; "
                    "set the sensor numbers of the four tips"
                )
            if by_number[number].model.casefold() != self._tip.model.casefold():
                raise FrameError(
                    f"sensor {number} is model {by_number[number].model!r}, but touch layout "
                    f"{self.layout.name!r} is filled by {self._tip.model!r}; choose the layout of the sensor"
                )
            _check_taxels(by_number[number], self.layout.num_taxels)
        return [by_number[number] for number in self.config.sensors]

    def _judge(self, tips: Sequence[XelaSensor], now_ns: int) -> TouchFrame | None:
        stamp = min(tip.stamp_ns for tip in tips)
        if stamp > self._last_stamp:
            self._stamps.append(stamp)
        temperatures = [tip.temperatures for tip in tips if tip.temperatures is not None]
        self.temperature = float(np.mean(temperatures)) if temperatures else None
        if reason := self._slow(tips) or self._stale(tips, stamp, now_ns):
            self.state = State(f"refused: {reason}")
            return None
        if stamp <= self._last_stamp:
            return None  # the server repeats itself between two readings
        self._last_stamp = stamp
        forces = self._vendor_forces(tips, stamp)
        if forces is None:
            return None
        self.state = State("streaming", ok=True)
        turned = np.einsum("tij,ftj->fti", self._tip.axes, forces[:, self._tip.order])
        return TouchFrame(turned.astype(np.float32), stamp)

    def _slow(self, tips: Sequence[XelaSensor]) -> str | None:
        said = [tip.updates.min() for tip in tips if tip.updates is not None]
        rate = min(said) if said else self._measured_rate()
        if rate is None:
            return "the update rate is not known yet"
        if rate >= self.config.min_rate:
            return None
        return (
            f"the sensors update {rate:.3g} times a second, below {self.config.min_rate:g}; "
            "put fewer modules on one bus, or lower min_rate and train for the delay"
        )

    def _measured_rate(self) -> float | None:
        """Of new readings, where the server does not say; None before enough have come."""
        if len(self._stamps) < 10:
            return None
        return (len(self._stamps) - 1) * 1e9 / (self._stamps[-1] - self._stamps[0])

    def _stale(self, tips: Sequence[XelaSensor], stamp: int, now_ns: int) -> str | None:
        age = (now_ns - stamp) * 1e-9
        if abs(age) <= self.config.max_age_s:
            return None
        if age < 0:
            return f"the server's clock is {-age:.3g} s ahead of this one; synchronise them (chrony)"
        oldest = min(tips, key=lambda tip: tip.stamp_ns)
        return (
            f"sensor {oldest.number} was last read {age:.3g} s ago; "
            "it is disconnected, or the server's clock is behind: synchronise them (chrony)"
        )

    def _vendor_forces(self, tips: Sequence[XelaSensor], stamp: int) -> NDArray[np.float64] | None:
        """[N] in the maker's axes and order, shape (4, N, 3); None while the baseline is being taken."""
        calibrated = [tip.forces for tip in tips if tip.forces is not None]
        if len(calibrated) == len(tips):
            return np.array(calibrated)
        counts = np.array([tip.counts for tip in tips])
        self._baseline.add(stamp, counts)
        if self._baseline.mean is not None:
            return np.asarray((counts - self._baseline.mean) * FORCE_PER_COUNT, np.float64)
        again = "again: the fingers moved or were touched" if self._baseline.disturbed else ""
        self.state = State(f"taking the no-touch baseline {again}; leave the fingers free".replace(" ;", ";"))
        return None


def _check_taxels(sensor: XelaSensor, expected: int) -> None:
    if sensor.num_taxels != expected:
        raise FrameError(f"sensor {sensor.number} ({sensor.model}) has {sensor.num_taxels} taxels, not {expected}")


def _check_layout(sensor: XelaSensor, per_tip: int, layout: TouchLayout) -> None:
    if layout.num_taxels != per_tip:
        raise FrameError(
            f"sensor {sensor.number} ({sensor.model}) has tips of {per_tip} taxels, but touch layout "
            f"{layout.name!r} has {layout.num_taxels}; use the layout {HAND_MODELS[0]} or uSCuAH, and train with it"
        )


def _check_alike(tips: Sequence[XelaSensor]) -> None:
    calibrated = [finger for finger, tip in zip(FINGERS, tips, strict=True) if tip.forces is not None]
    if 0 < len(calibrated) < len(tips):
        raise FrameError(
            f"only the tips {', '.join(calibrated)} have the maker's calibration; turn it on for all four or for none"
        )
