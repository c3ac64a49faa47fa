"""Interpolation and backlash of joint targets, by hand; delay in the engine."""

import numpy as np
import pytest

from dexsim2real_sim.actuation import CommandShaper
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.env import make_env


def test_targets_are_approached_in_equal_steps():
    shaper = CommandShaper(num_envs=1, joints=1, ticks=4, steps_per_tick=2)
    shaper.reset(np.array([0]), np.zeros((1, 1)))
    commands = shaper.commands(np.zeros((1, 1)), np.full((1, 1), 0.4), np.zeros((1, 1)))
    np.testing.assert_allclose(commands[0, :, 0], [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4])


def test_backlash_swallows_a_reversal():
    shaper = CommandShaper(num_envs=1, joints=1, ticks=2, steps_per_tick=1)
    shaper.reset(np.array([0]), np.zeros((1, 1)))
    gap = np.full((1, 1), 0.2)
    forth = shaper.commands(np.zeros((1, 1)), np.ones((1, 1)), gap)
    np.testing.assert_allclose(forth[0, :, 0], [0.4, 0.9])  # half the gap behind
    back = shaper.commands(np.ones((1, 1)), np.full((1, 1), 0.8), gap)
    np.testing.assert_allclose(back[0, :, 0], [0.9, 0.9])  # the whole gap is taken up first
    back = shaper.commands(np.full((1, 1), 0.8), np.full((1, 1), 0.6), gap)
    np.testing.assert_allclose(back[0, :, 0], [0.8, 0.7])


def test_a_delay_shorter_than_a_step_mixes_with_the_step_before():
    shaper = CommandShaper(num_envs=1, joints=2, ticks=2, steps_per_tick=1)
    shaper.reset(np.array([0]), np.zeros((1, 2)))
    late = np.array([[0.0, 0.25]])
    first = shaper.commands(np.zeros((1, 2)), np.full((1, 2), 0.4), None, late)
    np.testing.assert_allclose(first[0, :, 0], [0.2, 0.4])
    np.testing.assert_allclose(first[0, :, 1], [0.15, 0.35])  # a quarter of a step of 0.2 behind
    second = shaper.commands(np.full((1, 2), 0.4), np.full((1, 2), 0.4), None, late)
    np.testing.assert_allclose(second[0, :, 1], [0.4, 0.4])  # it has arrived: 0.4 was the command before, too


def test_every_delay_is_as_long_as_it_says():
    """Of a slow ramp, whose lag in position over its speed is the delay, shorter than a physics step or longer."""
    delays = np.array([0.0, 0.001, 0.004, 0.008, 0.009, 0.0125, 0.02])
    cell = Counterpart(EnvConfig("pick_place", len(delays), threads=1))
    cell.begin(("arm_delay", "hand_delay"), np.stack([delays, delays], axis=1))
    start, speed = cell.target.copy(), 0.1
    for tick in range(60):
        cell.tick(start + speed * tick / 120 * (np.arange(23) < 7))
    lag = (cell.plant.sim.joint_position[0] - cell.plant.sim.joint_position)[:, :7] / speed
    np.testing.assert_allclose(lag, np.repeat(delays[:, None], 7, axis=1), atol=0.0003)


@pytest.mark.parametrize("delay", [0.02, 0.05])
def test_delay_shifts_the_motion_by_that_time(delay):
    def response(seconds):
        class Fixed:
            names = ("hand_delay",)

            def sample(self, rng, count):
                return np.full((count, 1), seconds)

        env = make_env("pick_place", sampler=Fixed(), objects="apple")
        finger = 8  # index finger, proximal joint
        command = np.repeat(env.target[:, None], 40, axis=1)
        command[:, :, finger] += 0.3
        seen = []
        for step in np.split(command, 40, axis=1):
            env.sim.advance(step)
            seen.append(env.sim.joint_position[0, finger])
        return np.array(seen)

    half = response(0.0)[0] + 0.15
    times = [np.argmax(response(d) > half) / 120 for d in (0.0, delay)]
    assert times[1] - times[0] == pytest.approx(delay, abs=1 / 120)
