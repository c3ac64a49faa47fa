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


def test_motions_minutes_apart_are_drawn_beside_each_other(case):
    """Two seconds, ten minutes of rest, two seconds: the axis is 4.3 s long, and ticks tell the recording's time."""
    _, family, _ = case
    times = np.concatenate([TIMES, 600 + TIMES])
    doubled = {name: np.concatenate([values, values], axis=1) for name, values in family.items()}
    real = {name: values[0].copy() for name, values in doubled.items()}
    real["b"][180:, 1] += 12.0
    result = compare(times, real, doubled, FLOORS)
    figure = envelope_figure(times, "b", real["b"], doubled["b"], ["x", "y"], result)
    for axis in (figure.axes[-1], score_figure(times, result).axes[0]):
        low, high = axis.get_xlim()
        assert high - low < 5
        assert [label.get_text() for label in axis.get_xticklabels()] == [
            "0",
            "0.5",
            "1",
            "1.5",
            "600",
            "600.5",
            "601",
            "601.5",
        ]
    onset = next(line for line in figure.axes[1].lines if line.get_label() == "leaves the family")
    # 1.983 s of motion, 0.3 s of pause, and where the onset is in the second motion, about a second
    found = result.first.onset - 600
    assert found == pytest.approx(1.0, abs=0.15)
    assert onset.get_xdata()[0] == pytest.approx(1.983 + 0.3 + found, abs=0.001)
    recorded = next(line for line in figure.axes[1].lines if line.get_label() == "recorded")
    assert np.isnan(recorded.get_ydata()).sum() == 1  # no line over the rest
