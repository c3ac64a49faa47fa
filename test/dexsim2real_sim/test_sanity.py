"""Energy and contact sanity: what lies comes to rest, what is held weighs what it weighs."""

import numpy as np

from dexsim2real_sim.env import make_env
from dexsim2real_sim.objects import OBJECTS

PERFECT_SKIN = {
    "touch_noise_shear": 0.0,
    "touch_noise_normal": 0.0,
    "touch_drift": 0.0,
    "touch_hysteresis": 0.0,
    "touch_quantum": 0.0,
    "touch_lag": 0.0,
    "touch_range_shear": 20.0,
    "touch_range_normal": 50.0,
}
"""No noise, drift, play, steps, delay and limits."""


class PerfectSkin:
    names = tuple(PERFECT_SKIN)

    def sample(self, rng: np.random.Generator, count: int) -> np.ndarray:
        return np.tile(list(PERFECT_SKIN.values()), (count, 1))


def test_touch_of_a_held_object_adds_up_to_its_weight() -> None:
    env = make_env("pick_place", 12, seed=0, difficulty=0.3, objects="all", sampler=PerfectSkin())
    env.reset()
    weights = 9.81 * np.array([slots["object"].mass for slots in env.starter.objects])
    sums = []
    for step in range(120):
        env.step(np.zeros((12, 23)))
        if step >= 60:  # after the grasp has settled
            assert env.sensors.touch is not None
            in_tip = np.einsum("tij,nftj->nfi", env.sensors.touch.layout.frames, env.sensors.touch.forces)
            sums.append(np.einsum("nfij,nfj->ni", env.sim.tip_rotations, in_tip))
    total = np.mean(sums, axis=0)
    assert len(set(weights)) > 4
    np.testing.assert_allclose(total[:, 2], weights, rtol=0.05)
    assert np.abs(total[:, :2]).max() < 0.05 * weights.max()


def test_a_released_object_comes_to_rest_and_stays() -> None:
    # ellipsoids stand on their long axis, from which they take their time to topple
    stable = tuple(name for name, model in OBJECTS.items() if model.kind != "ellipsoid")
    env = make_env("pick_place", 24, seed=0, objects=stable)
    env.reset()
    env.sim.pose("object")[:, 2] += 0.05
    still = np.zeros((24, 23))
    for _ in range(240):
        env.step(still)
    rest = env.sim.pose("object").copy()
    assert np.abs(env.sim.twist("object")[:, :3]).max() < 0.005
    for _ in range(60):
        env.step(still)
    np.testing.assert_allclose(env.sim.pose("object")[:, :3], rest[:, :3], atol=0.001)
