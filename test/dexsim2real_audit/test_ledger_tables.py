import csv
import io

from dexsim2real_audit.divergence import Divergence
from dexsim2real_audit.ledger import Metric, Range, Round
from dexsim2real_audit.ledger_tables import (
    compare_ranges,
    compare_rounds,
    list_metrics,
    list_ranges,
    list_rounds,
    to_csv,
    to_markdown,
)
from dexsim2real_audit.statistics import Interval


def entry(number, real, low=0.0, divergence=None):
    metric = Metric("success", "", Interval(0.9, 0.85, 0.95), Interval(real, real - 0.1, real + 0.1))
    return Round(
        "pouring",
        number=number,
        metrics=(metric,),
        ranges=(Range("delay", "s", low, 0.1), Range("mass", "kg", 1, 2)),
        divergence=divergence,
    )


def test_a_list_of_rounds():
    rows = list_rounds([entry(1, 0.5, divergence=Divergence("touch.force", 2, 1.234, 1.3, 3.21)), entry(2, 0.7)])
    assert rows[0]["first divergence"] == "touch.force[2] at 1.23 s, size 3.2"
    assert rows[1]["first divergence"] == "none"


def test_metrics_and_their_gap():
    (row,) = list_metrics([entry(1, 0.5)])
    assert (row["sim"], row["real"]) == (0.9, 0.5)
    assert round(row["gap"], 6) == 0.4
    # Newcombe: below sqrt(0.05^2 + 0.1^2) = 0.1118
    assert round(row["gap low"], 4) == round(0.4 - 0.1118, 4)


def test_two_rounds_side_by_side():
    (row,) = compare_rounds(entry(1, 0.5), entry(2, 0.7))
    assert row["gap, round 1"].startswith("0.4 [")
    assert row["gap, round 2"].startswith("0.2 [")
    assert round(row["smaller by"], 6) == 0.2


def test_a_metric_that_only_one_has():
    (row,) = compare_rounds(entry(1, 0.5), Round("pouring", number=2))
    assert row["gap, round 2"] == "-"
    assert row["smaller by"] is None


def test_only_ranges_that_changed():
    rows = compare_ranges(entry(1, 0.5), entry(2, 0.5, low=0.02))
    assert rows == [{"parameter": "delay", "round 1": "0 to 0.1", "round 2": "0.02 to 0.1"}]


def test_csv_and_markdown():
    rows = list_ranges([entry(1, 0.5)])
    assert next(iter(csv.DictReader(io.StringIO(to_csv(rows)))))["parameter"] == "delay"
    assert to_markdown(rows).splitlines()[:3] == [
        "| round | parameter | low | high | unit |",
        "| --- | --- | --- | --- | --- |",
        "| 1 | delay | 0 | 0.1 | s |",
    ]
    assert to_markdown([{"a": "x|y\nz", "b": None}]).splitlines()[2] == "| x\\|y z | - |"
    assert (to_csv([]), to_markdown([])) == ("\n", "")
