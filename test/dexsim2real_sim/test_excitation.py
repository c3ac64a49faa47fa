import numpy as np

from dexsim2real_description import make_cell
from dexsim2real_sim.excitation import FREE, excitation
from dexsim2real_sim.plant import CONTROL_RATE


def test_a_robot_may_follow_the_motion():
    """It starts at rest and stays inside the limits of position, velocity and acceleration that the gate enforces."""
    commands, limits = excitation().commands, make_cell().limits
    assert np.all((commands >= limits.lower) & (commands <= limits.upper))
    velocity = np.diff(commands, axis=0) * CONTROL_RATE
    assert np.all(np.abs(velocity) < limits.velocity)
    assert np.all(np.abs(np.diff(velocity, axis=0)) * CONTROL_RATE < limits.acceleration)
    assert np.ptp(commands[: int(FREE[0] * CONTROL_RATE)], axis=0).max() < 1e-6


def test_every_joint_moves():
    assert np.all(np.ptp(excitation().commands, axis=0) > 0.05)


def test_one_window_holds_the_motion():
    assert len(excitation().commands) / CONTROL_RATE < 6.0
