import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa

from dexsim2real_audit import ledger_schema
from dexsim2real_audit.divergence import Divergence
from dexsim2real_audit.ledger import Ledger, Metric, Range, Round
from dexsim2real_audit.statistics import Interval
from dexsim2real_description import DexSim2RealError, UnknownNameError

ROUND = Round(
    task="pick_place",
    source="bag_7",
    randomization="randomization.yaml sha256:abc",
    policy="policy/",
    git_revision="1234567",
    metrics=(
        Metric("slip rate", "1/s", Interval(0.1, 0.05, 0.2), None),
        Metric("success", "", Interval(0.9, 0.8, 0.95), Interval(0.6, 0.5, 0.7)),
    ),
    ranges=(Range("arm.delay", "s", 0.0, 0.02), Range("tip.friction", "", 0.5, 1.2)),
    p_value=0.004,
    divergence=Divergence("joint.position", 3, 1.25, 1.5, 2.5),
    signature="late motion: delay",
    action="widened arm.delay",
)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


def test_what_is_added_is_what_is_read(ledger):
    added = ledger.add(ROUND)
    assert added.number == 1
    assert added.created.endswith("+00:00")
    assert ledger.round(1) == added
    assert Round(**{**added.__dict__, "created": "", "number": 0}) == ROUND


def test_a_round_without_anything_optional(ledger):
    assert ledger.round(ledger.add(Round("pouring")).number).divergence is None


def test_rounds_by_task(ledger):
    for task in ("pouring", "pick_place", "pouring"):
        ledger.add(Round(task))
    assert [entry.number for entry in ledger.rounds()] == [1, 2, 3]
    assert [entry.number for entry in ledger.rounds("pouring")] == [1, 3]
    with pytest.raises(UnknownNameError, match=r"'?9'?.*1, 2, 3"):
        ledger.round(9)


def test_the_gap_is_simulation_minus_reality():
    assert ROUND.metrics[1].gap.value == pytest.approx(0.3)
    assert ROUND.metrics[0].gap is None


def test_a_url_works_as_well(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/other.db")
    ledger.add(ROUND)
    ledger.close()
    again = Ledger(tmp_path / "other.db")
    assert len(again.rounds()) == 1
    again.close()


def test_an_entry_that_fails_leaves_nothing(ledger):
    twice = Round("pouring", metrics=(Metric("a", ""), Metric("a", "")))  # one name twice
    with pytest.raises(DexSim2RealError, match="nothing was changed"):
        ledger.add(twice)
    assert ledger.rounds() == []


def test_a_full_disk_leaves_nothing(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    ledger.add(ROUND)

    @sa.event.listens_for(ledger._engine, "connect")
    def limit(connection, _record):
        connection.execute("PRAGMA max_page_count = 12")  # SQLite then says: database or disk is full

    ledger._engine.dispose()
    with pytest.raises(DexSim2RealError, match="full; nothing was changed"):
        ledger.add(Round("x", signature="y" * 200_000))
    assert len(ledger.rounds()) == 1
    ledger.close()


def test_a_newer_ledger_is_refused(tmp_path):
    Ledger(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE ledger_version SET version = 99")
    with pytest.raises(DexSim2RealError, match="version 99, this program knows up to 1; update it"):
        Ledger(tmp_path / "ledger.db")


def test_an_older_ledger_is_brought_up_to_date(tmp_path, monkeypatch):
    old = Ledger(tmp_path / "ledger.db")
    old.add(ROUND)
    old.close()

    def step(connection):
        connection.execute(sa.text("UPDATE rounds SET action = 'migrated'"))

    monkeypatch.setattr(ledger_schema, "VERSION", 2)
    monkeypatch.setattr(ledger_schema, "STEPS", {1: step})
    new = Ledger(tmp_path / "ledger.db")
    assert new.round(1).action == "migrated"
    new.close()
    monkeypatch.setattr(ledger_schema, "STEPS", {})  # a second opening must not need the step again
    Ledger(tmp_path / "ledger.db").close()


def test_a_failed_step_changes_nothing(tmp_path, monkeypatch):
    old = Ledger(tmp_path / "ledger.db")
    old.add(ROUND)
    old.close()

    def step(connection):
        connection.execute(sa.text("DELETE FROM rounds"))
        connection.execute(sa.text("not SQL"))

    monkeypatch.setattr(ledger_schema, "VERSION", 2)
    monkeypatch.setattr(ledger_schema, "STEPS", {1: step})
    with pytest.raises(DexSim2RealError, match="nothing was changed"):
        Ledger(tmp_path / "ledger.db")
    monkeypatch.undo()
    same = Ledger(tmp_path / "ledger.db")
    assert len(same.rounds()) == 1
    same.close()


def test_every_version_has_its_step():
    assert set(ledger_schema.STEPS) == set(range(1, ledger_schema.VERSION))


@pytest.mark.parametrize("where", ["nonsense://", "sqlite:////no/such/folder/x.db"])
def test_what_cannot_be_opened(where):
    with pytest.raises(DexSim2RealError, match=r"not a ledger|cannot be used"):
        Ledger(where)


def test_another_file_is_not_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("x" * 5000)
    with pytest.raises(DexSim2RealError, match="not a database"):
        Ledger(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "x" * 5000


WRITER = """
import sys
from dexsim2real_audit.ledger import Ledger, Metric, Round
ledger = Ledger(sys.argv[1])
for i in range(20):
    ledger.add(Round(sys.argv[2], metrics=tuple(Metric(f"m{k}", "") for k in range(5))))
"""


def test_writers_at_the_same_time_wait_for_each_other(tmp_path):
    """Four processes start on a ledger that does not exist yet."""
    path = str(tmp_path / "ledger.db")
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, f"task{i}"]) for i in range(4)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0, 0]
    ledger = Ledger(path)
    assert sorted(entry.task for entry in ledger.rounds()) == sorted(f"task{i}" for i in range(4) for _ in range(20))
    assert all(len(entry.metrics) == 5 for entry in ledger.rounds())
    ledger.close()
