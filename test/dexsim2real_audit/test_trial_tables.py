import pytest

from dexsim2real_audit.trial_plan import PlanConfig, make_plan
from dexsim2real_audit.trial_plots import places_figure, success_figure
from dexsim2real_audit.trial_tables import (
    Outcome,
    gap_table,
    holm,
    method_tests,
    outcomes,
    success_table,
    unseen_table,
)


def some(wins, trials, method="ours", condition="base", real=False, seed=0):
    return [Outcome("pouring", method, seed, condition, real, i < wins) for i in range(trials)]


def test_success_by_hand():
    rows = success_table(some(17, 20, seed=0) + some(10, 20, seed=1))
    assert rows == [
        {
            "task": "pouring",
            "method": "ours",
            "condition": "base",
            "where": "sim",
            "trials": 40,
            "success": "68 % [52, 80]",  # 27 of 40 by Wilson
            "seeds": "50 to 85 %",
        }
    ]


def test_the_gap_is_of_base_conditions_only():
    results = some(56, 70) + some(48, 80, real=True) + some(0, 50, real=True, condition="object")
    (row,) = gap_table(results)
    assert row["sim"].startswith("80 %")
    assert row["real"].startswith("60 %")
    assert row["gap"] == "20 % [5, 33]"  # Newcombe 1998, table II (a): 0.0524 to 0.3339


def test_no_gap_without_both_sides():
    assert gap_table(some(5, 10)) == []


def test_seen_and_unseen():
    results = some(40, 50, real=True) + some(20, 50, real=True, condition="lighting")
    (row,) = unseen_table([*results, *some(10, 50, real=True, condition="object")])
    assert row["where"] == "real"
    assert row["seen"].startswith("80 %")
    assert row["unseen"].startswith("30 %")
    assert row["drop"].startswith("50 %")


def test_methods_against_each_other():
    results = some(45, 50) + some(20, 50, "vanilla") + some(21, 50, "adr")
    rows = {row["methods"]: row for row in method_tests(results)}
    assert list(rows) == ["ours against vanilla", "ours against adr", "vanilla against adr"]
    assert rows["ours against vanilla"]["p (Holm)"] == pytest.approx(3 * rows["ours against vanilla"]["p"])
    assert rows["vanilla against adr"]["p"] > 0.5


def test_holm_by_hand():
    """Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, and 0.04 raised to 0.06."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_unblinding():
    plan = make_plan(PlanConfig("pouring", ("ours", "vanilla"), trials=2, seeds=(3,)))
    results = outcomes(plan, {trial.name: plan.key[trial.name].method == "ours" for trial in plan.trials}, real=True)
    assert {(o.method, o.success) for o in results} == {("ours", True), ("vanilla", False)}
    assert all(o.seed == 3 and o.real and abs(o.x) <= 0.075 for o in results)


def test_pictures_show_every_method():
    results = some(3, 5) + some(1, 5, "vanilla", real=True)
    assert [axis.get_title() for axis in places_figure(results).axes] == ["ours", "vanilla"]
    labels = [label.get_text() for label in success_figure(results).axes[0].get_xticklabels()]
    assert labels == ["pouring\nours", "pouring\nvanilla"]
