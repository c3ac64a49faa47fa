"""The audit of a short motion with few cells: a member of the family, and a cell with slow servos."""

from dataclasses import replace

import numpy as np
import pytest

from dexsim2real_audit.audit import AuditConfig, audit, make_cells
from dexsim2real_audit.audit_report import causes, channels, ledger_round, report_sections, suggestions, verdict
from dexsim2real_audit.ledger import Ledger
from dexsim2real_audit.report import save_report
from dexsim2real_audit.rollout import Fault, rollout_traces
from dexsim2real_audit.suggestion import Suggestion, changed
from dexsim2real_audit.trace import POSITION, TOUCH
from dexsim2real_description import DexSim2RealError
from dexsim2real_sim.excitation import excitation
from dexsim2real_sim.randomization import AdrBox, Granular, Independent, Uniform

BOX = AdrBox(["arm_delay", "hand_stiffness"], [0.0, 0.9], [0.02, 1.1])
CONFIG = AuditConfig("pick_place", ("soup_can",), cells=24, alpha=0.1)
LENGTH = 552
"""Ticks: swing, slide down the object, press."""
DEAD = 4.2
"""When a thumb goes dead [s]."""


@pytest.fixture(scope="module")
def cells():
    return make_cells(CONFIG)


@pytest.fixture(scope="module")
def recordings(cells):
    """A member of the family, one whose arm is 60 ms late, one whose thumb goes dead."""
    motion = excitation()
    table = np.tile([0.012, 1.03], (cells.num_envs, 1))
    table[1, 0] = 0.06
    cells.begin(BOX.names, table, motion.start, seed=5)
    return rollout_traces(cells, motion.commands[:LENGTH], [Fault(DEAD, (2,), dead_finger="thumb")])


@pytest.fixture(scope="module")
def results(cells, recordings):
    return [audit(each, BOX, CONFIG, cells) for each in recordings[:3]]


def test_a_member_of_the_family_is_one(results):
    result = results[0]
    assert not result.diverged
    assert result.gap == pytest.approx(1.0, abs=0.8)
    assert "is a member" in verdict(result)
    assert not result.suggestions
    assert {cause.parameter for cause in result.causes} == set(BOX.names)  # ranked, alarm or not


def test_a_late_arm_is_found_and_explained(results, tmp_path):
    result = results[1]
    assert result.diverged
    assert result.causes[0].parameter == "arm_delay"
    lag = next(lag for lag in result.lags if lag.group == "arm")
    assert lag.delay == pytest.approx(0.063, abs=0.005)  # and 3 ms of age of the readings
    best = result.suggestions[0]
    assert best.parameter == "arm_delay"
    assert best.low <= 0.07
    assert best.high >= 0.04
    assert best.after < best.before
    assert {row["parameter"] for row in suggestions(result)} == {"arm_delay", "hand_stiffness"}
    assert causes(result)[0]["outside"] == "yes"
    assert len(channels(result)) == 5
    save_report(tmp_path / "audit.html", "Audit", verdict(result), report_sections(result))
    page = (tmp_path / "audit.html").read_text()
    assert "http" not in page.replace("http://www.w3.org", "")
    assert len(list((tmp_path / "audit_plots").glob("*.png"))) == 6
    ledger = Ledger(tmp_path / "ledger.db")
    entry = ledger.add(ledger_round(result, "box", "suggested", "abc"))
    assert entry.divergence == result.comparison.first
    assert {r.name for r in ledger.round(1).ranges} == set(BOX.names)
    ledger.close()


def test_without_causes_moments_alone_are_tested(cells, recordings):
    result = audit(recordings[1], BOX, AuditConfig("pick_place", ("soup_can",), 24, 0.1, causes=False), cells)
    assert result.diverged
    assert result.unusual is None
    assert not result.causes
    lag = next(lag for lag in result.lags if lag.group == "arm")
    assert lag.delay == pytest.approx(0.063, abs=0.01)  # by cross-correlation


def test_an_unusual_parameter_is_an_alarm_although_no_moment_is(results):
    result = replace(results[0], unusual=0.04)
    assert result.diverged
    assert "all together are no member's" in verdict(result)


def test_a_dead_finger_is_found_when_it_dies(results):
    first = results[2].comparison.first
    assert first.channel == "touch.net"
    assert first.column // 3 == 3
    assert first.onset == pytest.approx(DEAD, abs=0.1)


def test_what_was_not_recorded_is_said(cells, recordings):
    trace = recordings[0]
    bare = type(trace)({name: trace[name] for name in trace.channels if name != TOUCH}, source="bare")
    result = audit(bare, BOX, CONFIG, cells)
    assert POSITION in result.real
    assert any("touch.net was not compared" in problem for problem in result.problems)
    assert result.slips is None


def test_too_few_cells_are_refused(cells, recordings):
    with pytest.raises(DexSim2RealError, match="needs 199 traces"):
        audit(recordings[0], BOX, AuditConfig("pick_place", ("soup_can",), cells=24, alpha=0.01), cells)


def test_more_objects_than_the_task_has_are_refused(cells, recordings):
    with pytest.raises(DexSim2RealError, match="has 1 objects of the catalogue, 2 are named"):
        audit(recordings[0], BOX, AuditConfig("pick_place", ("apple", "orange"), cells=24, alpha=0.1), cells)


@pytest.mark.parametrize(
    "before",
    [
        Uniform(["arm_delay", "gravity"]),
        BOX,
        Independent([BOX, Uniform(["gravity"])]),
        Granular(Uniform(["arm_delay", "light_x"]), ["light_x"]),
    ],
)
def test_a_suggestion_changes_one_range_and_no_other(before):
    after = changed(before, Suggestion("arm_delay", 0.05, 0.06, 2.0, 1.0))
    assert set(after.names) == set(before.names)
    assert type(after) is Granular if isinstance(before, Granular) else type(after) is Independent
    rows = after.sample(np.random.default_rng(0), 200)
    delay = rows[:, after.names.index("arm_delay")]
    assert (delay.min() >= 0.05) & (delay.max() <= 0.06)
    other = next(name for name in before.names if name != "arm_delay")
    old = before.sample(np.random.default_rng(0), 200)[:, before.names.index(other)]
    assert rows[:, after.names.index(other)].mean() == pytest.approx(old.mean(), rel=0.05)
