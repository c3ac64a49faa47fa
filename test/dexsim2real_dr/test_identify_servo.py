import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lsim

from dexsim2real_audit import Channel, Trace
from dexsim2real_audit.trace import COMMAND, POSITION
from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.identify.servo import fit_servo, servo_responses

STEP = 0.002
T = np.arange(0, 5, STEP)
CHIRP = 0.3 * np.sin(2 * np.pi * (0.3 * T + 0.5 * T**2))
STEPS = 0.2 * (np.floor(T / 0.8) % 2)


def respond(command, dead_time, frequency, damping):
    """A second-order servo by scipy's exact simulation of the differential equation."""
    omega = 2 * np.pi * frequency
    delayed = np.interp(T - dead_time, T, command)
    return lsim(([omega**2], [1, 2 * damping * omega, omega**2]), delayed, T)[1]


@pytest.mark.parametrize("command", [CHIRP, STEPS], ids=["chirp", "steps"])
@pytest.mark.parametrize(("dead_time", "frequency", "damping"), [(0.0, 6.0, 1.0), (0.03, 8.0, 0.7), (0.06, 3.0, 1.5)])
def test_dead_time_and_dynamics_are_separated(command, dead_time, frequency, damping):
    noise = np.random.default_rng(0).normal(0, 5e-4, len(T))
    found = fit_servo("j", command, respond(command, dead_time, frequency, damping) + noise, STEP)
    assert found.dead_time == pytest.approx(dead_time, abs=0.003)
    assert found.frequency == pytest.approx(frequency, rel=0.1)
    assert found.damping == pytest.approx(damping, rel=0.1)
    assert found.error < 1e-3


@settings(max_examples=10, deadline=None)
@given(st.floats(0.0, 0.1))
def test_delay_is_within_5_ms(dead_time):
    found = fit_servo("j", CHIRP, respond(CHIRP, dead_time, 5.0, 1.0), STEP)
    assert found.dead_time == pytest.approx(dead_time, abs=0.005)
    assert found.lag == pytest.approx(dead_time + 2 * 1.0 / (2 * np.pi * 5.0), abs=0.02)  # + 2 zeta / omega when slow


def trace_of(command, position):
    stamps = (T * 1e9).astype(np.int64)
    labels = ("arm_joint_1", "arm_joint_2")
    return Trace(
        {
            COMMAND: Channel(stamps[::4], np.stack([command, 0 * command], axis=1)[::4], "rad", labels),
            POSITION: Channel(stamps[1::2], np.stack([position, 0 * position], axis=1)[1::2], "rad", labels),
        },
        source="bag",
    )


def test_a_trace_at_125_and_250_hz():
    """The command is held between messages, as the servo sees it: 8 ms of hold must not look like 4 ms of delay."""
    command = STEPS
    held = np.repeat(command[::4], 4)[: len(T)]
    responses = servo_responses(trace_of(command, respond(held, 0.025, 6.0, 1.0)))
    assert [response.joint for response in responses] == ["arm_joint_1"]  # the other was not told to move
    assert responses[0].dead_time == pytest.approx(0.025, abs=0.003)


def test_traces_that_show_no_delay():
    with pytest.raises(DexSim2RealError, match="no joint was told to move"):
        servo_responses(trace_of(0 * T, 0 * T))
    with pytest.raises(DexSim2RealError, match="needs both"):
        servo_responses(Trace({}, source="bag"))
