"""What a vision-language model is asked, and the only kind of answer that counts."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from dexsim2real_dr.chat import bare_json

_ANSWER = (
    "Answer with one JSON object and nothing else: "
    '{"lighting": n, "texture": n, "geometry": n, "physical_plausibility": n, "rationale": "one sentence"}, '
    "each n a number from 1 to 10."
)

PROMPTS: tuple[str, ...] = (
    "The first image shows frames of a real robot cell, the second frames of a simulation of it, each a strip of "
    "pictures side by side. Rate from 1 (obviously artificial) to 10 (indistinguishable from the real ones) how "
    "realistic the simulated frames are in lighting, texture, geometry, and physical plausibility of what is seen "
    "from frame to frame. " + _ANSWER,
    "You see two strips of camera frames: first from a real laboratory with a robot arm and hand, then from a "
    "simulator. For the second strip give marks between 1 and 10 for lighting, texture, geometry and physical "
    "plausibility, where 10 means that you could not tell it from the first and 1 that the difference is glaring. "
    + _ANSWER,
    "Compare the second image with the first, which is a reference taken by real cameras. How close does the second "
    "come to reality? Judge four things separately on a scale of 1 (worst) to 10 (as in reality): lighting, texture, "
    "geometry, physical plausibility. " + _ANSWER,
)
"""The same question in three wordings."""
FILM = (
    " The third and the fourth image are strips of one motion, frame after frame from left to right: the third of the "
    "real robot, the fourth of the simulated one, told the same. Judge physical plausibility by these two: whether "
    "robot and objects move, touch, slide and fall as they do in reality."
)
"""What is added to each where there are films."""


class Rating(BaseModel):
    """A valid answer; anything else is a failure."""

    model_config = ConfigDict(extra="forbid", strict=True)

    lighting: float = Field(ge=1, le=10)
    texture: float = Field(ge=1, le=10)
    geometry: float = Field(ge=1, le=10)
    physical_plausibility: float = Field(ge=1, le=10)
    rationale: str = Field(max_length=2000)

    @property
    def score(self) -> float:
        """Mean of the four marks."""
        return (self.lighting + self.texture + self.geometry + self.physical_plausibility) / 4


def parse_rating(text: str) -> Rating:
    """The rating in a reply, which may stand in a Markdown fence. Raises pydantic's ValidationError, a ValueError."""
    return Rating.model_validate_json(bare_json(text))


def strip_png(pictures: NDArray[np.uint8]) -> bytes:
    """Pictures, shape (K, H, W, 3), side by side as PNG, a losslessly equal file for equal pictures."""
    strip: NDArray[np.uint8] = np.concatenate(list(pictures), axis=1)
    buffer = io.BytesIO()
    Image.fromarray(strip).save(buffer, "PNG")
    return buffer.getvalue()


def messages(prompt: str, *strips: bytes) -> list[dict[str, Any]]:
    """The chat with the strips of references and candidate, and of their films if there are any, in this order."""
    images = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(png).decode()}"}}
        for png in strips
    ]
    text = prompt + FILM if len(strips) > 2 else prompt
    return [{"role": "user", "content": [{"type": "text", "text": text}, *images]}]
