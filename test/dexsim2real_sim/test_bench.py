"""The benchmark's reference."""

import numpy as np

from dexsim2real_sim import make_env
from dexsim2real_sim.bench import EnvAndPhysics


def test_bare_physics_makes_the_very_motion_of_the_environment():
    env = make_env("pick_place", num_envs=3, time_limit=2.0)
    env.reset()
    pair = EnvAndPhysics(env, np.random.default_rng(0))
    cut = 0
    for _ in range(8):
        *_, steps = pair.turn()
        goes_on = env.steps > 0  # what was reset in the last step stands at its start
        cut += not goes_on.all()
        assert steps == 32 or not goes_on.all()
        np.testing.assert_array_equal(pair.physics.state[goes_on], env.sim.batch.state[goes_on])
    assert cut
