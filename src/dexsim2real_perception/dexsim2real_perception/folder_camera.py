"""Images from a folder, as if a camera took them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from dexsim2real_description.camera import D435_COLOR, Intrinsics
from dexsim2real_perception.camera import CameraFeatures, Frame
from dexsim2real_perception.errors import SourceError
from dexsim2real_perception.pacing import Player
from dexsim2real_perception.source import State

SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class FolderConfig:
    """Which images, and how they are given."""

    folder: Path
    rate: float = 30.0
    """[Hz]"""
    loop: bool = True
    """Start again after the last image."""
    intrinsics: Intrinsics | None = None
    """Of the camera that took them; None takes a typical D435 at their size."""


class FolderCamera:
    """A camera source (see source.py) that gives the images of a folder in the order of their names."""

    def __init__(self, config: FolderConfig) -> None:
        self.config = config
        self._player: Player | None = None

    @property
    def features(self) -> CameraFeatures:
        """What it will give, from the first image. Raises SourceError if there is none."""
        height, width, _ = _load(self._files()[0]).shape
        return CameraFeatures(width, height, self.config.rate)

    @property
    def state(self) -> State:
        """Playing, once it is open."""
        return State("playing images", ok=True) if self._player is not None else State("not open")

    def open(self) -> None:
        """Start with the first image. Raises SourceError if there is none or the rate is not positive."""
        if not self.config.rate > 0:
            raise SourceError(f"rate is {self.config.rate} Hz; expected more than 0")
        self._player = Player(self._frames(self._files()))

    def read(self, timeout_s: float) -> Frame | None:
        """The next image when it is due. Raises SourceEndedError after the last one, if it does not loop."""
        if self._player is None:
            raise SourceError("not open")
        frame: Frame | None = self._player.read(timeout_s)
        return frame

    def close(self) -> None:
        """Forget where it was."""
        self._player = None

    def _files(self) -> list[Path]:
        folder = self.config.folder
        files = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES) if folder.is_dir() else []
        if not files:
            raise SourceError(f"{folder} is no folder with images; expected files ending in {', '.join(SUFFIXES)}")
        return files

    def _frames(self, files: list[Path]) -> Iterator[Frame]:
        shape = _load(files[0]).shape
        intrinsics = self.config.intrinsics or D435_COLOR.scaled(shape[1], shape[0])
        for number in count() if self.config.loop else range(len(files)):
            file = files[number % len(files)]
            if (rgb := _load(file)).shape != shape:
                raise SourceError(f"{file} is {rgb.shape[1]}x{rgb.shape[0]}, the first image {shape[1]}x{shape[0]}")
            yield Frame(rgb, round(number * 1e9 / self.config.rate), intrinsics)


def _load(file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    try:
        with Image.open(file) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise SourceError(f"{file} is not a readable image ({error})") from error
