"""One picture of everything: the cell from outside, what both cameras see, touch, and a caption."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dexsim2real_sim.env import DexEnv
from dexsim2real_sim.render import FINE
from dexsim2real_sim.scene import OVERVIEW
from dexsim2real_sim.video_touch import BACKGROUND, TEXT, draw_touch

GOOD, BAD = (82, 183, 136), (230, 57, 70)


def overview(picture: Image.Image) -> Image.Image:
    """The part of a picture that shows the whole cell."""
    unit = picture.width // 3
    return picture.crop((0, 0, 2 * unit, unit * 3 // 2))


def wrist(picture: Image.Image) -> Image.Image:
    """The part that the wrist camera sees."""
    unit = picture.width // 3
    return picture.crop((2 * unit, unit * 3 // 4, 3 * unit, unit * 3 // 2))


def touch(picture: Image.Image) -> Image.Image:
    """The part that shows the fingertips."""
    unit = picture.width // 3
    return picture.crop((unit, unit * 3 // 2, 3 * unit, 2 * unit))


class Panels:
    """Draws one environment: overview on the left, front and wrist camera on the right, touch and caption below."""

    def __init__(self, env: DexEnv, width: int, index: int = 0) -> None:
        """Environment `index` in pictures `width` wide [px], rounded down to a multiple of 48 for whole panels.

        Raises SimError without a working OpenGL library.
        """
        self._env, self._index = env, index
        self._unit = max(5, width // 48) * 16
        small = (self._unit * 3 // 4, self._unit)
        self._overview = env.make_cameras((2 * small[0], 2 * small[1]), FINE, [OVERVIEW])
        self._views = env.make_cameras(small)
        self._title = ImageFont.load_default(self._unit // 14)
        self._text = ImageFont.load_default(self._unit // 20)

    @property
    def pressure(self) -> float:
        """Sum of all taxels' normal forces now [N]."""
        touch = self._env.sensors.touch
        return 0.0 if touch is None else float(np.maximum(touch.forces[self._index, :, :, 2], 0.0).sum())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures [px], both even."""
        return 3 * self._unit, 2 * self._unit

    def draw(self, title: str, status: str, good: bool | None = None) -> Image.Image:
        """The scene as it is; `good` colours the status line."""
        unit, env = self._unit, self._env
        shown = np.array([self._index])
        picture = Image.new("RGB", self.size, BACKGROUND)
        picture.paste(Image.fromarray(self._overview.frames(shown).color[0, 0]), (0, 0))
        for i, view in enumerate(self._views.frames(shown).color[0]):
            picture.paste(Image.fromarray(view), (2 * unit, i * unit * 3 // 4))
        touch = env.sensors.touch
        if touch is not None:
            picture.paste(
                draw_touch(touch.layout, touch.forces[self._index], 2 * unit, unit // 2), (unit, unit * 3 // 2)
            )
        self.caption(picture, title, status, good)
        return picture

    def caption(self, picture: Image.Image, title: str, status: str, good: bool | None = None) -> None:
        """Write title, instruction and status into the free corner of a picture."""
        unit, pen = self._unit, ImageDraw.Draw(picture)
        top = unit * 3 // 2
        pen.rectangle((0, top, unit - 1, 2 * unit), fill=BACKGROUND)
        margin = unit // 20
        pen.text((margin, top + margin), title, TEXT, self._title)
        lines = wrapped(self._env.task.instruction, self._text, unit - 2 * margin)
        pen.multiline_text((margin, top + unit // 7), lines, (160, 166, 174), self._text)
        color = TEXT if good is None else GOOD if good else BAD
        pen.multiline_text((margin, top + unit // 3), wrapped(status, self._text, unit - 2 * margin), color, self._text)

    def close(self) -> None:
        """Free the OpenGL contexts."""
        self._overview.close()
        self._views.close()


def wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    """Text broken into lines of at most `width` pixels, at spaces."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)
