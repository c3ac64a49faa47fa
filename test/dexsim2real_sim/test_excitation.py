import numpy as np

from dexsim2real_description import make_cell
from dexsim2real_sim import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
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


def test_fingertips_meet_nothing_before_the_object():
    motion, cell = excitation(), Counterpart(EnvConfig("pick_place", 1))
    cell.begin((), None, motion.start)
    before = motion.commands[: round(2.8 * CONTROL_RATE)]
    pressed = np.array([np.linalg.norm(cell.tick(target).touch[0].sum(axis=1), axis=-1) for target in before])
    assert pressed.max() < 0.2  # [N], which is noise; when neighbours met, 5
