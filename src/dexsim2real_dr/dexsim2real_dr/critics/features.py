"""Scores pictures by the features of a network that the user supplies: DINOv2, CLIP or any other image encoder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dexsim2real_description.optional import require
from dexsim2real_dr.critics.critic import Array, Critic, Evidence, Scores, to_score
from dexsim2real_dr.errors import CriticError

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
"""Normalisation of ImageNet, which DINOv2 and most others were trained with."""
SIDE = 224
"""Of the pictures where the network takes any size [px]."""
FLOOR = 0.01
"""Cosine distance that does not matter, added to the spread among references (our choice)."""


class FeatureCritic(Critic):
    """Cosine distance between the mean features of candidate and references, view by view, in units of their spread.

    The network is an ONNX file with one float input (N, 3, H, W) and first output (N, F), or (N, T, F) for tokens,
    which are averaged.
    """

    def __init__(self, file: Path) -> None:
        """Raises CriticError for a file that is no such network."""
        runtime = require("onnxruntime", "policy")
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            self._session: Any = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        except OSError as error:
            raise CriticError(f"cannot read the network {file}: {error.strerror}") from error
        except Exception as error:  # onnxruntime has no public base of its errors
            raise CriticError(f"{file} is not a network that onnxruntime can load: {error}") from error
        inputs = self._session.get_inputs()
        shape = inputs[0].shape
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(shape) != 4 or shape[1] != 3:
            found = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
            raise CriticError(f"{file} takes {found}; expected one float input of shape (N, 3, H, W)")
        self._input = inputs[0].name
        self._size = tuple(n if isinstance(n, int) else SIDE for n in shape[2:])
        self._name = f"features {file.stem} {digest[:12]}"

    @property
    def name(self) -> str:
        """The file's name and the start of its sha256: another network is another critic."""
        return self._name

    def score(self, candidates: Sequence[Evidence], references: Evidence) -> Scores:
        """Score every candidate. Raises CriticError if the network does not give features."""
        begin = time.perf_counter()
        known = {v: self._features(references.of(v)) for c in candidates for v in set(c.views)}
        distances = [
            float(np.mean([_distance(self._features(c.of(v)), known[v]) for v in sorted(set(c.views))]))
            for c in candidates
        ]
        reasons = tuple(f"features {d:.1f} times the spread of the references away" for d in distances)
        values = to_score(np.array(distances))
        return Scores(values, reasons, len(candidates), time.perf_counter() - begin)

    def _features(self, images: NDArray[np.uint8]) -> Array:
        """Unit vectors, shape (K, F)."""
        size = (self._size[1], self._size[0])
        resized = np.stack([np.asarray(Image.fromarray(i).resize(size, Image.Resampling.BILINEAR)) for i in images])
        batch = ((resized / 255.0 - MEAN) / STD).transpose(0, 3, 1, 2).astype(np.float32)
        # one at a time: a network may have been exported for a batch of one
        found = np.concatenate([self._session.run(None, {self._input: one[None]})[0] for one in batch])
        features: Array = (found.mean(axis=1) if found.ndim == 3 else found).astype(np.float64)
        length = np.linalg.norm(features, axis=-1, keepdims=True)
        if features.ndim != 2 or not np.isfinite(features).all() or (length == 0).any():
            raise CriticError(f"the network gives output of shape {found.shape}; expected finite features (N, F)")
        unit: Array = features / length
        return unit


def _distance(candidate: Array, references: Array) -> float:
    """Between means of unit vectors, over how far the references are from theirs."""
    centre = references.mean(axis=0) / np.linalg.norm(references.mean(axis=0))
    middle = candidate.mean(axis=0) / np.linalg.norm(candidate.mean(axis=0))
    return float((1 - middle @ centre) / (FLOOR + np.mean(1 - references @ centre)))
