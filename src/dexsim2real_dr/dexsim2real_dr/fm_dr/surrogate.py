"""What the score of parameters that were never scored would be: a Gaussian process on all that were."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from dexsim2real_dr.critics.critic import Array

_START = np.log([1.0, 0.5, 0.3, 1.0, 0.3])
_BOUNDS = [tuple(np.log(pair)) for pair in ((0.01, 30.0), (0.1, 3.0), (0.01, 30.0), (0.1, 5.0), (0.01, 3.0))]


class Surrogate:
    """Posterior mean of a Gaussian process with a sum of one-parameter kernels and a joint one.

        k(x, y) = a/d sum_i exp(-(x_i - y_i)^2 / 2 l^2) + b exp(-|x - y|^2 / 2 d m^2) + s^2 [x = y]

    The first part learns what each parameter does on its own from few samples in many dimensions (Duvenaud et al.
    2011), the second what they do together. The five numbers maximise the marginal likelihood.
    """

    def __init__(self, x: Array, y: Array) -> None:
        """Fit to scores `y`, shape (n,), at points `x` in the unit cube, shape (n, d); needs two points or more."""
        self._x, self._mean, self._scale = x, float(y.mean()), max(float(y.std()), 1e-6)
        self._y = (y - self._mean) / self._scale
        squares = np.square(x[:, None] - x)
        found = minimize(self._loss, _START, (squares,), "L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 15})
        self._theta = np.exp(found.x)
        self._alpha = cho_solve(self._factor(squares, self._theta), self._y)

    def predict(self, x: Array) -> Array:
        """Expected scores at points, shape (m, d), shape (m,)."""
        kernel = _kernel(np.square(x[:, None] - self._x), self._theta)
        predicted: Array = self._mean + self._scale * (kernel @ self._alpha)
        return predicted

    @staticmethod
    def _factor(squares: Array, theta: Array) -> tuple[Array, bool]:
        noise = (theta[4] ** 2 + 1e-6) * np.eye(len(squares))
        factor: tuple[Array, bool] = cho_factor(_kernel(squares, theta) + noise, lower=True)
        return factor

    def _loss(self, log_theta: Array, squares: Array) -> float:
        """Negative log marginal likelihood, but for a constant."""
        factor = self._factor(squares, np.exp(log_theta))
        return float(0.5 * self._y @ cho_solve(factor, self._y) + np.log(np.diag(factor[0])).sum())


def _kernel(squares: Array, theta: Array) -> Array:
    """Of squared differences per parameter, shape (m, n, d), shape (m, n)."""
    a, length, b, joint, _ = theta
    alone = np.exp(squares / (-2 * length**2)).mean(axis=2)
    together = np.exp(squares.mean(axis=2) / (-2 * joint**2))
    kernel: Array = a * alone + b * together
    return kernel
