"""Gaussian processes on several quantities at once: what they would be where nothing was measured, and how surely."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from dexsim2real_dr.critics.critic import Array

_START = np.log([1.0, 0.5, 0.3, 1.0, 0.3])
_BOUNDS = [tuple(np.log(pair)) for pair in ((0.01, 30.0), (0.1, 3.0), (0.01, 30.0), (0.1, 5.0), (0.01, 3.0))]
FITTED = 120
"""Points at most on which the kernel's numbers are fitted; all of them are predicted from."""


class GaussianProcess:
    """Independent processes with one kernel, the sum of a one-parameter and a joint part.

        k(x, y) = a/d sum_i exp(-(x_i - y_i)^2 / 2 l^2) + b exp(-|x - y|^2 / 2 d m^2) + s^2 [x = y]

    The first part learns what each parameter does on its own from few samples in many dimensions (Duvenaud et al.
    2011), the second what they do together. The five numbers maximise the marginal likelihood of all quantities.
    """

    def __init__(self, x: Array, y: Array, theta: Array | None = None) -> None:
        """Fit to `y`, shape (n, p), at points `x` in the unit cube, shape (n, d); needs two points or more.

        `theta` are the kernel's numbers, if they need not be fitted again.
        """
        self._mean, self._scale = y.mean(axis=0), np.maximum(y.std(axis=0), 1e-6)
        standard = (y - self._mean) / self._scale
        some = np.linspace(0, len(x) - 1, min(len(x), FITTED)).astype(int)
        given, options = (x[some], standard[some]), {"maxiter": 15}
        if theta is None:
            theta = np.exp(minimize(_loss, _START, given, "L-BFGS-B", bounds=_BOUNDS, options=options).x)
        self.theta = theta
        """a, l, b, m, s"""
        factor = _factor(x, theta)
        # predictions are many and need no more than single precision
        self._x = x.astype(np.float32)
        self._alpha = cho_solve((factor, True), standard).astype(np.float32)
        self._whiten = solve_triangular(factor, np.eye(len(x)), lower=True).T.astype(np.float32)

    def predict(self, x: Array) -> tuple[Array, Array]:
        """Means and standard deviations at points, shape (m, d), each shape (m, p)."""
        kernel = _kernel(x.astype(np.float32), self._x, self.theta)
        prior = self.theta[0] + self.theta[2]
        variance = prior - np.square(kernel @ self._whiten).sum(axis=1)
        deviation = np.sqrt(np.maximum(variance, 0.0))
        return self._mean + self._scale * (kernel @ self._alpha), deviation[:, None] * self._scale


def _factor(x: Array, theta: Array) -> Array:
    """Lower triangular, of the kernel at the points where something was measured."""
    factor: Array = cholesky(_kernel(x, x, theta) + (theta[4] ** 2 + 1e-6) * np.eye(len(x)), lower=True)
    return factor


def _loss(log_theta: Array, x: Array, y: Array) -> float:
    """Negative log marginal likelihood, mean of all quantities, but for a constant."""
    factor = _factor(x, np.exp(log_theta))
    fit = 0.5 * np.sum(np.square(solve_triangular(factor, y, lower=True))) / y.shape[1]
    return float(fit + np.log(np.diag(factor)).sum())


def _kernel(x: NDArray[Any], y: NDArray[Any], theta: Array) -> NDArray[Any]:
    """Between points, shapes (m, d) and (n, d), shape (m, n), in their precision."""
    a, length, b, joint, _ = theta.tolist()
    alone, square, one = (np.zeros((len(x), len(y)), x.dtype) for _ in range(3))
    for column, other in zip(x.T, y.T, strict=True):  # parameter by parameter in place, which keeps to the cache
        np.square(np.subtract(column[:, None], other, out=one), out=one)
        square += one
        one *= -0.5 / length**2
        alone += np.exp(one, out=one)
    together = np.exp(square / (-2 * joint**2 * x.shape[1]))
    kernel: NDArray[Any] = a / x.shape[1] * alone + b * together
    return kernel
