"""Films of rollouts: one episode as an mp4 file, with key frames kept for a contact sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dexsim2real_description.writing import whole_file
from dexsim2real_sim.env import DexEnv
from dexsim2real_sim.errors import SimError
from dexsim2real_sim.video_panels import Panels

Act = Callable[[], NDArray[np.float64]]
"""Gives the actions of the next step, shape (N, 23)."""
Progress = Callable[[int, int], None]
"""Told how many steps are done and how many there are at most."""

FRAME_RATE = 10.0
"""Of films [1/s]; a third of the policy rate, since a picture costs far more than a step."""
STILL = 1.5
"""How long the last picture stays [s]."""


@dataclass(frozen=True)
class KeyFrame:
    """One picture kept."""

    picture: Image.Image
    pressure: float
    """Sum of all taxels' normal forces [N]."""


@dataclass
class Film:
    """What happened in a filmed episode."""

    task: str
    success: bool
    reason: str
    """Why it failed; empty if it succeeded."""
    seconds: float
    """How long the episode took."""
    frames: list[KeyFrame] = field(default_factory=list)
    """Two per second, and the last."""

    @property
    def outcome(self) -> str:
        """In words."""
        if self.success:
            return f"success after {self.seconds:.1f} s"
        return f"no success after {self.seconds:.1f} s: {self.reason}"


def film_episode(
    env: DexEnv,
    act: Act,
    file: Path,
    width: int = 960,
    limit: float | None = None,
    progress: Progress | None = None,
    index: int = 0,
) -> Film:
    """Run one episode of environment `index` and write it as mp4, whole or not at all.

    It ends with the episode, or after `limit` seconds. Raises SimError if the file cannot be written or nothing can
    be rendered.
    """
    most = env.time_limit if limit is None else min(limit, env.time_limit)
    steps = max(1, round(most * env.config.policy_rate))
    panels = Panels(env, width, index)
    try:
        with mp4_writer(file, panels.size, FRAME_RATE) as write:
            return _film(env, act, panels, steps, write, progress, index)
    finally:
        panels.close()


def _film(
    env: DexEnv,
    act: Act,
    panels: Panels,
    steps: int,
    write: Callable[[Image.Image], None],
    progress: Progress | None,
    index: int,
) -> Film:
    rate = env.config.policy_rate
    every = max(1, round(rate / FRAME_RATE))
    film = Film(env.task.name, False, "", 0.0)
    for step in range(steps):
        if step % every == 0:
            picture = panels.draw(env.task.name, f"{step / rate:.1f} s")
            write(picture)
            if step % round(rate / 2) < every:
                film.frames.append(KeyFrame(picture, panels.pressure))
        reason = env.failure_reason(index)
        _, _, terminated, truncated, info = env.step(act())
        film.seconds = (step + 1) / rate
        if progress is not None:
            progress(step + 1, steps)
        if terminated[index] or truncated[index]:
            place = info["final_ids"].tolist().index(index)
            film.success, film.reason = bool(info["success"][index]), info["final_reasons"][place]
            break
        film.reason = reason
    panels.caption(picture, env.task.name, film.outcome, film.success)
    film.frames.append(KeyFrame(picture, panels.pressure))
    for _ in range(round(STILL * FRAME_RATE)):
        write(picture)
    return film


@contextmanager
def mp4_writer(file: Path, size: tuple[int, int], rate: float) -> Iterator[Callable[[Image.Image], None]]:
    """A function that appends pictures of `size` (width, height) to an mp4 file.

    The file appears when all are written; after an error there is none. Raises SimError if it cannot be written.
    """
    form = ["-crf", "23", "-f", "mp4"]
    with whole_file(file, SimError) as partial:
        partial.touch()
        writer = imageio_ffmpeg.write_frames(
            str(partial), size, fps=rate, codec="libx264", quality=None, macro_block_size=2, output_params=form
        )
        with closing(writer):
            writer.send(None)
            yield lambda picture: writer.send(picture.tobytes())
