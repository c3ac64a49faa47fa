"""The curve of a run."""

from pathlib import Path

from dexsim2real_dr.imitation.curve import CURVE, Curve


def test_a_resumed_run_goes_on_where_its_checkpoint_was(tmp_path: Path) -> None:
    curve = Curve(tmp_path, finished=0)
    for step in (200, 400, 600):
        curve.add({"step": step, "loss": 1 / step})
    again = Curve(tmp_path, finished=400)
    again.add({"step": 600, "loss": 0.5})
    assert (tmp_path / CURVE).read_text() == "step,loss\n200,0.005\n400,0.0025\n600,0.5\n"


def test_a_new_run_begins_anew(tmp_path: Path) -> None:
    Curve(tmp_path, finished=0).add({"step": 1, "loss": 1.0})
    Curve(tmp_path, finished=0).add({"step": 2, "loss": 2.0})
    assert (tmp_path / CURVE).read_text() == "step,loss\n2,2\n"
