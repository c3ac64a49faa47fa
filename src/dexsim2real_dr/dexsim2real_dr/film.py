"""Motions filmed: strips of frames over time, by which a model judges whether physics is plausible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dexsim2real_audit.trace import COMMAND, Trace
from dexsim2real_description.area import Size, area_resize
from dexsim2real_dr.bag_capture import images_at
from dexsim2real_dr.critics.critic import Array, Evidence
from dexsim2real_dr.motion import PERIOD, Motion, MotionSimulator
from dexsim2real_sim import Twin
from dexsim2real_sim.cameras import Cameras
from dexsim2real_sim.counterpart import Counterpart

CAMERA = "front"


@dataclass(frozen=True)
class Film:
    """How the first motion is filmed."""

    size: Size
    frames: int = 5

    def samples(self, motion: Motion) -> list[int]:
        """Numbers of the samples at which a frame is taken, evenly up to the last, from 1."""
        spread: list[int] = np.linspace(0, motion.samples, self.frames + 1).round().astype(int)[1:].tolist()
        return spread


class FilmSimulator(MotionSimulator):
    """As MotionSimulator, and films the first motion."""

    def __init__(self, motions: Sequence[Motion], names: Sequence[str], film: Film, twin: Twin | None = None) -> None:
        """As MotionSimulator."""
        super().__init__(motions, names, twin)
        self._film, self._cameras = film, dict[int, Cameras]()

    def observe(self, values: Array) -> list[Evidence]:
        """Traces and films for several sets of values, as MotionSimulator. Raises SimError without OpenGL."""
        first, taken, frames = self.motions[0], self._film.samples(self.motions[0]), list[NDArray[np.uint8]]()

        def watch(sample: int, cells: Counterpart) -> None:
            if sample in taken:
                cameras = self._filming(cells)
                if not frames:
                    cameras.reseed(0)
                frames.append(cameras.frames(np.arange(cells.num_envs)).color[:, 0])

        each = [self.replay(first, values, watch), *(self.replay(motion, values) for motion in self.motions[1:])]
        films = np.stack(frames, axis=1)
        return [Evidence(traces=t, film=film) for t, film in zip(zip(*each, strict=True), films, strict=True)]

    def close(self) -> None:
        """Free the cameras."""
        for cameras in self._cameras.values():
            cameras.close()

    def _filming(self, cells: Counterpart) -> Cameras:
        """The camera that sees these cells."""
        if cells.num_envs not in self._cameras:
            mounts = [mount for mount in cells.cell.cameras if mount.name == CAMERA]
            self._cameras[cells.num_envs] = Cameras(cells.plant, mounts, self._film.size, twin=self._twin)
        return self._cameras[cells.num_envs]


def filmed(seen: Evidence, bag: Path, trace: Trace, motion: Motion, film: Film) -> Evidence:
    """A recording's evidence with the frames next to those moments. Raises DexSim2RealError without images."""
    times = trace[COMMAND].stamps[0] + PERIOD * np.array(film.samples(motion), np.int64)
    return replace(seen, film=area_resize(images_at(bag, trace, CAMERA, times), film.size))
