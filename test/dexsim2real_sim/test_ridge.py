import numpy as np
import pytest

from dexsim2real_sim.ridge import Ridge


def test_a_linear_function_of_many_features_is_found():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(3, 200))
    hidden = rng.normal(size=(80, 3))
    samples = hidden @ truth + rng.normal(0, 0.01, (80, 200))
    ridge = Ridge(samples, hidden + 5.0)
    fresh = rng.normal(size=(40, 3))
    assert ridge(fresh @ truth) == pytest.approx(fresh + 5.0, abs=0.01)
    assert np.all(ridge.error < 0.01)


def test_left_out_is_what_the_others_say():
    """The formula against fitting again without each sample, with the regularisation that was chosen."""
    rng = np.random.default_rng(1)
    samples, noise = rng.normal(size=(12, 3)), rng.normal(0, 0.3, 12)
    targets = (samples @ [1.0, -2.0, 0.5] + noise)[:, None]
    ridge = Ridge(samples, targets)
    centred = samples - samples.mean(axis=0)
    sizes = np.linalg.eigvalsh(centred @ centred.T)
    own = ridge(samples) - targets.mean()
    strengths = 10.0 ** np.arange(-8.0, 0.5, 0.5) * sizes[-1]
    fits = [
        centred @ np.linalg.solve(centred.T @ centred + s * np.eye(3), centred.T @ (targets - targets.mean()))
        for s in strengths
    ]
    strength = strengths[np.argmin([np.abs(fit - own).max() for fit in fits])]
    for i in range(12):
        rest = np.delete(np.arange(12), i)
        mean, level = samples[rest].mean(axis=0), targets[rest].mean()
        part = samples[rest] - mean
        weights = np.linalg.solve(part.T @ part + strength * np.eye(3), part.T @ (targets[rest] - level))
        assert ridge.left_out[i] == pytest.approx((samples[i] - mean) @ weights + level, rel=1e-6)


def test_noise_alone_gives_the_mean():
    rng = np.random.default_rng(2)
    ridge = Ridge(rng.normal(size=(100, 400)), rng.normal(2.0, 1.0, (100, 1)))
    assert ridge(rng.normal(size=(50, 400))) == pytest.approx(2.0, abs=0.6)
    assert ridge.error[0] == pytest.approx(1.0, abs=0.2)
