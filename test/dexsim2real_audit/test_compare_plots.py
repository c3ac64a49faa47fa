import numpy as np
import pytest

from dexsim2real_audit.compare_plots import MOST, channel_rows, envelope_figure, score_figure
from dexsim2real_audit.divergence import compare

TIMES = np.arange(120) / 60
FLOORS = {"a": 1e-3, "b": 1e-3}


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    family = {"a": rng.normal(size=(120, 120, 9)), "b": rng.normal(size=(120, 120, 2))}
    real = {"a": rng.normal(size=(120, 9)), "b": rng.normal(size=(120, 2))}
    real["a"][60:, 4] += 12.0
    return real, family, compare(TIMES, real, family, FLOORS)


def test_rows_say_which_channel_left(case):
    real, family, result = case
    rows = {row["channel"]: row for row in channel_rows(real, family, FLOORS, result)}
    assert rows["a"]["left at [s]"] == pytest.approx(1.0, abs=0.02)
    assert rows["b"]["left at [s]"] is None
    assert rows["b"]["inside the band"] == pytest.approx(0.95, abs=0.03)
    assert rows["a"]["inside the band"] == pytest.approx(0.95 - 0.5 / 9, abs=0.03)
    assert rows["b"]["times the usual"] == pytest.approx(1.0, abs=0.1)
    assert rows["a"]["times the usual"] > 2


def test_the_picture_shows_the_component_that_left(case):
    real, family, result = case
    labels = [f"joint {i}" for i in range(9)]
    figure = envelope_figure(TIMES, "a", real["a"], family["a"], labels, result)
    shown = [axis.get_ylabel() for axis in figure.axes]
    assert len(shown) == MOST
    assert "joint 4" in shown
    marked = figure.axes[shown.index("joint 4")].get_legend_handles_labels()[1]
    assert "leaves the family" in marked


def test_scores_of_every_channel(case):
    labels = score_figure(TIMES, case[2]).axes[0].get_legend_handles_labels()[1]
    assert labels == ["a", "b"]
