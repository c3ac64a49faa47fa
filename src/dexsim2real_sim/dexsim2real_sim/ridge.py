"""Ridge regression with more features than samples, its strength chosen by leaving samples out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STRENGTHS = 10.0 ** np.arange(-8.0, 0.5, 0.5)
"""Regularisations that are tried, over the largest eigenvalue."""


class Ridge:
    """Targets as linear functions of features, each with the regularisation that predicts best what was left out.

    With the Gram matrix K of the centred samples, the function is m + k(x)^T (K + s I)^-1 (y - m); residuals with a
    sample left out follow from the diagonal of the hat matrix (Golub, Heath and Wahba 1979).
    """

    def __init__(self, samples: Array, targets: Array) -> None:
        """`samples` has shape (n, F), `targets` (n, p)."""
        self._mean, self._level = samples.mean(axis=0), targets.mean(axis=0)
        centred, wanted = samples - self._mean, targets - self._level
        sizes, vectors = np.linalg.eigh(centred @ centred.T)
        sizes = np.maximum(sizes, 0.0)
        along = vectors.T @ wanted
        least = np.full(targets.shape[1], np.inf)
        coefficients, self.left_out = np.zeros_like(along), np.zeros_like(targets)
        for strength in STRENGTHS * max(sizes[-1], 1e-12):
            kept = sizes / (sizes + strength)
            own = vectors**2 @ kept + 1 / len(samples)
            residual = (wanted - vectors @ (kept[:, None] * along)) / (1 - own)[:, None]
            better = np.mean(residual**2, axis=0) < least
            least = np.where(better, np.mean(residual**2, axis=0), least)
            coefficients = np.where(better, along / (sizes + strength)[:, None], coefficients)
            self.left_out = np.where(better, targets - residual, self.left_out)
        self._weights = centred.T @ (vectors @ coefficients)
        self.error = np.sqrt(least)
        """Root mean square of what is wrong about predictions of samples left out, shape (p,)."""

    left_out: Array
    """Predictions of each sample by all others, shape (n, p)."""

    def __call__(self, rows: Array) -> Array:
        """Predictions, shape (k, p), of rows (k, F)."""
        return np.asarray((rows - self._mean) @ self._weights + self._level)
