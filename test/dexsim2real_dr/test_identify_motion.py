import numpy as np
import pytest

from dexsim2real_description import DexSim2RealError
from dexsim2real_dr.identify.motion import make_motion, read_columns, read_csv

T = np.arange(0, 4, 0.001)


def sine(frequency):
    return np.sin(2 * np.pi * frequency * T)[:, None]


def test_slow_signals_pass_without_delay_and_fast_ones_do_not():
    motion = make_motion(T, sine(1.0), None, sine(50.0), 10.0)
    middle = slice(1000, 3000)
    np.testing.assert_allclose(motion.q[middle], sine(1.0)[: len(motion.q)][middle], atol=1e-3)
    assert np.abs(motion.tau[middle]).max() < 1e-4
    np.testing.assert_allclose(motion.dq[middle, 0], 2 * np.pi * np.cos(2 * np.pi * motion.time[middle]), atol=0.01)
    np.testing.assert_allclose(motion.ddq[middle, 0], -((2 * np.pi) ** 2) * motion.q[middle, 0], atol=0.05)


def test_repeated_rows_are_left_out():
    q = sine(1.0)
    late = np.arange(100, 3900, 17)
    repeated = q.copy()
    repeated[late] = repeated[late - 1]
    clean, bad = (make_motion(T, x, None, x, 10.0) for x in (q, repeated))
    assert bad.repeated == len(late)
    assert clean.repeated == 0
    np.testing.assert_allclose(bad.q[500:3500], clean.q[500:3500], atol=2e-5)


def test_uneven_stamps():
    stamps = T + np.random.default_rng(0).uniform(0, 0.0009, len(T))
    q = np.sin(2 * np.pi * stamps)[:, None]
    motion = make_motion(stamps, q, None, q, 10.0)
    expected = np.sin(2 * np.pi * (motion.time + stamps[0]))
    np.testing.assert_allclose(motion.q[500:3500, 0], expected[500:3500], atol=1e-3)
    assert np.ptp(np.diff(motion.time)) < 1e-12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, q: (t, np.where(t[:, None] == t[7], np.nan, q)), "position of sample 7 is not a finite number"),
        (lambda t, q: (np.where(t == t[7], t[3], t), q), "time does not increase at sample 7"),
        (lambda t, q: (t[:100], q[:100]), "too few to filter"),
        (lambda t, q: (t * 100, q), "too few to filter"),
    ],
)
def test_bad_signals(change, message):
    stamps, q = change(T, sine(1.0))
    with pytest.raises(DexSim2RealError, match=message):
        make_motion(stamps, q, None, np.zeros_like(q), 10.0)


def csv(path, header="time_s,q1_rad,dq1_rad_s,tau1_Nm", rows=4000):
    lines = [f"{i / 1000},{np.sin(i / 100)},{np.cos(i / 100)},{i % 7}" for i in range(rows)]
    path.write_text("\n".join([header, *lines]))
    return path


@pytest.mark.parametrize("cutoff", [0.0, -3.0, float("nan")])
def test_a_cutoff_that_is_none(cutoff):
    with pytest.raises(DexSim2RealError, match="must be more than 0"):
        make_motion(T, sine(1.0), None, sine(1.0), cutoff)


def test_a_table(tmp_path):
    motion = read_csv(csv(tmp_path / "a.csv"), 1, 10.0)
    assert motion.q.shape == motion.tau.shape == (4000, 1)


def test_bad_tables(tmp_path):
    with pytest.raises(DexSim2RealError, match=r"no column q1_rad; it has: time_s, position"):
        read_csv(csv(tmp_path / "a.csv", "time_s,position,dq1_rad_s,tau1_Nm"), 1, 10.0)
    with pytest.raises(DexSim2RealError, match="cannot read"):
        read_csv(tmp_path / "none.csv", 1, 10.0)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DexSim2RealError, match="is empty"):
        read_csv(tmp_path / "empty.csv", 1, 10.0)
    with pytest.raises(DexSim2RealError, match="no rows"):
        read_csv(csv(tmp_path / "b.csv", rows=0), 1, 10.0)
    (tmp_path / "c.csv").write_text("time_s,q1_rad,dq1_rad_s,tau1_Nm\n0,a,b,c\n")
    with pytest.raises(DexSim2RealError, match="not a table of numbers"):
        read_csv(tmp_path / "c.csv", 1, 10.0)
    (tmp_path / "d.csv").write_bytes(bytes(range(256)))
    with pytest.raises(DexSim2RealError, match="not a table of numbers"):
        read_columns(tmp_path / "d.csv", ["a"])
