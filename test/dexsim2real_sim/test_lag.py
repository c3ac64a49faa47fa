"""Delays of readings, by hand."""

import numpy as np

from dexsim2real_sim.lag import Lag


def test_interpolates_between_samples():
    lag = Lag(num_envs=2, size=1, period=0.1, longest=0.3)
    lag.reset(np.array([0, 1]), np.zeros((2, 1)))
    lag.set_delay(np.array([0, 1]), np.array([0.0, 0.15]))  # none, one and a half samples
    for value in (1.0, 2.0, 3.0):
        read = lag.push(np.full((2, 1), value, np.float32))
    np.testing.assert_allclose(read[:, 0], [3.0, 1.5])


def test_before_the_episode_it_was_the_first_value():
    lag = Lag(num_envs=1, size=2, period=0.1, longest=0.3)
    lag.reset(np.array([0]), np.array([[7.0, 8.0]]))
    lag.set_delay(np.array([0]), np.array([0.25]))
    read = lag.push(np.zeros((1, 2), np.float32))
    np.testing.assert_allclose(read, [[7.0, 8.0]])


def test_longer_than_the_memory_reads_the_oldest():
    lag = Lag(num_envs=1, size=1, period=0.1, longest=0.2)
    lag.reset(np.array([0]), np.zeros((1, 1)))
    lag.set_delay(np.array([0]), np.array([5.0]))
    for value in range(1, 9):
        read = lag.push(np.full((1, 1), value, np.float32))
    assert read[0, 0] == 6.0  # 0.2 s ago
