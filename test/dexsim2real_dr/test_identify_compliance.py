import numpy as np
import pytest

from dexsim2real_audit import Channel, Trace
from dexsim2real_audit.trace import POSITION, TOUCH
from dexsim2real_description import JOINTS, DexSim2RealError, make_cell
from dexsim2real_description.kinematics import forward_kinematics
from dexsim2real_dr.identify.compliance import Compliance, fit_compliance, press_of

PRESS = np.concatenate([np.linspace(0, 0.004, 200), np.linspace(0.004, 0, 200)])
"""4 mm in and out."""


@pytest.mark.parametrize(("exponent", "scale"), [(1.0, 1000.0), (1.5, 3e4), (2.0, 1e6)])
def test_a_force_law_is_found(exponent, scale):
    force = scale * np.maximum(PRESS - 0.001, 0) ** exponent
    noise = np.random.default_rng(0).normal(0, 0.01, len(force))
    found = fit_compliance(PRESS, force + noise)
    assert found.contact == pytest.approx(0.001, abs=1e-4)
    assert found.exponent == pytest.approx(exponent, abs=0.1)
    depth = (2.0 / scale) ** (1 / exponent)
    assert found.stiffness(2.0) == pytest.approx(exponent * 2.0 / depth, rel=0.1)  # d/dx k x^n = n F / x
    assert found.error == pytest.approx(0.01, rel=0.2)
    assert found.loss == pytest.approx(0.0, abs=0.02)


def test_stiffness_by_hand():
    assert Compliance(0.0, 500.0, 1.0, 0.0, 0.0).stiffness(3.0) == 500.0
    assert Compliance(0.0, 1e6, 2.0, 0.0, 0.0).stiffness(1.0) == pytest.approx(2000.0)  # 2 x 1e6 x 1 mm


def test_lost_work():
    force = np.where(np.arange(400) < 200, 1000.0, 600.0) * PRESS  # 40 % does not come back
    assert fit_compliance(PRESS, force).loss == pytest.approx(0.4, abs=0.01)
    assert np.isnan(fit_compliance(PRESS[:200], force[:200]).loss)


def test_presses_that_tell_nothing():
    with pytest.raises(DexSim2RealError, match="0.1 N; press with"):
        fit_compliance(PRESS, 25 * PRESS)
    with pytest.raises(DexSim2RealError, match="too few"):
        fit_compliance(PRESS[:5], PRESS[:5])
    with pytest.raises(DexSim2RealError, match="not a finite"):
        fit_compliance(PRESS, np.full_like(PRESS, np.nan))


def test_a_press_in_a_trace():
    """The index finger bends against something with 800 N/m along the tip's path."""
    cell = make_cell()
    q = np.zeros((200, 23))
    q[:, JOINTS.index("arm_joint_4")] = -1.5
    q[:, JOINTS.index("index_joint_1")] = 0.5 + np.linspace(0, 0.03, 200)
    tips = np.array([forward_kinematics(cell, row)["index_tip"][:3, 3] for row in q])
    path = np.linalg.norm(tips - tips[0], axis=1)
    force = np.zeros((200, 4, 15, 3))
    force[:, 0, 7, 2] = 800 * path
    stamps = np.arange(200, dtype=np.int64) * 10_000_000
    trace = Trace({POSITION: Channel(stamps, q, "rad", JOINTS), TOUCH: Channel(stamps, force, "N")})
    finger, displacement, measured = press_of(trace, cell)
    assert finger == "index"
    assert fit_compliance(displacement, measured).stiffness(1.0) == pytest.approx(800, rel=0.05)
    with pytest.raises(DexSim2RealError, match="needs touch"):
        press_of(Trace({}), cell)
    idle = Trace({POSITION: trace[POSITION], TOUCH: Channel(stamps, 0 * force, "N")})
    with pytest.raises(DexSim2RealError, match="no press"):
        press_of(idle, cell)
