"""The audit as a command: on a bag that is as it should be, and on everything that is not."""

import json
import shutil
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from dexsim2real_audit.bag_writer import BagWriter
from dexsim2real_audit.ledger import Ledger
from dexsim2real_audit.rollout import rollout_traces
from dexsim2real_audit.trace import COMMAND, OBJECTS, POSITION, TOUCH
from dexsim2real_audit.trace_bag import graph_messages, stamped
from dexsim2real_bringup.cli import main
from dexsim2real_description import JOINTS, VENDOR_JOINTS
from dexsim2real_description.bags import BagTopic
from dexsim2real_sim.config import EnvConfig
from dexsim2real_sim.counterpart import Counterpart
from dexsim2real_sim.excitation import excitation

pytest.importorskip("rosbags.typesys")
START = 1_700_000_000_000_000_000
TICKS = 230
"""Of the motion: at rest, then all joints swing."""
FEW = ("--cells", "24", "--alpha", "0.1", "--no-causes")


CHANNELS = (POSITION, COMMAND, TOUCH, OBJECTS)


def write(path, trace, names=JOINTS, channels=CHANNELS, wrong=lambda stamp: stamp):
    """The trace as a bag with the graph's topics; `wrong` is what sources say in place of their stamps."""
    with BagWriter(path) as writer:
        for i, each in enumerate(graph_messages(trace, names, channels)):
            writer.add_topic(BagTopic(each.topic, each.kind, 0, True, False))
            data = stamped(each.data, START + wrong(each.stamp))
            writer.write(each.topic, START + each.stamp + 10**6, data)
            if i % 80 == 79:
                writer.flush()
    return path


@pytest.fixture(scope="module")
def trace():
    motion, cell = excitation(), Counterpart(EnvConfig("pick_place", 1))
    cell.begin((), None, motion.start)
    return rollout_traces(cell, motion.commands[:TICKS])[0]


def audit(bag, folder, *more):
    words = ("--task", "pick_place", "--objects", "soup_can", "--ledger", str(folder / "ledger.db"))
    return main(["audit", str(bag), *words, "--out", str(folder / "out"), *FEW, *more])


def test_of_a_folder_of_recordings_the_first_is_taken_that_moves(trace, tmp_path, capsys):
    still = replace(trace, channels={**trace.channels, COMMAND: standing(trace[COMMAND])})
    write(tmp_path / "bags" / "trial_000", still, JOINTS)
    write(tmp_path / "bags" / "trial_001", trace, JOINTS)
    assert audit(tmp_path / "bags", tmp_path) == 0
    assert "Audit of trial_001" in (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    shutil.rmtree(tmp_path / "bags" / "trial_001")
    assert audit(tmp_path / "bags", tmp_path) == 2
    assert "in none of the 1 recordings" in capsys.readouterr().err


def standing(channel):
    return replace(channel, values=np.repeat(channel.values[:1], len(channel.values), axis=0))


def rounds(folder):
    ledger = Ledger(folder / "ledger.db")
    try:
        return ledger.rounds()
    finally:
        ledger.close()


def test_a_good_bag_by_its_makers_joint_names(trace, tmp_path, capsys):
    names = [*VENDOR_JOINTS["panda"], *JOINTS[7:]]
    bag = write(tmp_path / "bag", trace, names)
    assert audit(bag, tmp_path, "--json", str(tmp_path / "t.json")) == 0
    told = json.loads((tmp_path / "t.json").read_text())
    assert [row["channel"] for row in told["Channels"]] == [
        "joint.position",
        "joint.effort",
        "touch.net",
        "object.position",
        "object.rotation",
    ]
    assert told["Time"][-1]["step"] == "all"
    assert "note: joint_states: joints panda_joint1.. were read as arm_joint_1.." in capsys.readouterr().out
    (entry,) = rounds(tmp_path)
    assert entry.task == "pick_place"
    assert (tmp_path / "out/audit.html").exists()


def test_a_bag_cut_in_the_middle_is_audited_as_far_as_it_goes(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace)
    (file,) = bag.glob("*.mcap")
    file.write_bytes(file.read_bytes()[: int(0.9 * file.stat().st_size)])
    (bag / "metadata.yaml").unlink()
    assert audit(bag, tmp_path) == 0
    assert "note: the recording was cut off or damaged" in capsys.readouterr().out
    assert len(rounds(tmp_path)) == 1


def test_time_that_runs_backwards_is_left_out_and_said(trace, tmp_path, capsys):
    begin, end = trace[POSITION].stamps[[100, 110]]
    bag = write(tmp_path / "bag", trace, wrong=lambda stamp: stamp - 10**8 * (begin <= stamp < end))
    assert audit(bag, tmp_path) == 0
    assert "out of order" in capsys.readouterr().out
    assert len(rounds(tmp_path)) == 1


@pytest.mark.parametrize(("missing", "topic"), [(POSITION, "/joint_states"), (COMMAND, "/safety_gate/joint_command")])
def test_a_bag_without_a_needed_topic_is_one_line(trace, tmp_path, capsys, missing, topic):
    bag = write(tmp_path / "bag", trace, channels=[channel for channel in CHANNELS if channel != missing])
    refused(bag, tmp_path, capsys, f"nothing usable on {topic}")


def test_joints_that_nobody_knows_are_one_line(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace, names=[f"elbow_{i}" for i in range(23)])
    refused(bag, tmp_path, capsys, "has no usable joint.position")


def test_no_bag_and_no_task_are_one_line(tmp_path, capsys):
    assert audit(tmp_path / "none", tmp_path) == 2
    assert not (tmp_path / "ledger.db").exists()
    refused(tmp_path / "none", tmp_path, capsys, "none")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", tmp_path, capsys, "empty")


def refused(bag, folder, capsys, said):
    """One line, and neither an entry nor a report."""
    capsys.readouterr()
    assert audit(bag, folder) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not rounds(folder)
    assert not (folder / "out").exists()


def test_a_ledger_from_a_newer_program_is_left_alone(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace)
    Ledger(tmp_path / "ledger.db").close()
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        database.execute("UPDATE ledger_version SET version = 99")
    before = (tmp_path / "ledger.db").read_bytes()
    assert audit(bag, tmp_path) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "update" in error
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_a_folder_that_cannot_be_written_leaves_the_ledger_empty(trace, tmp_path, capsys):
    bag = write(tmp_path / "bag", trace)
    (tmp_path / "out").write_text("a file")
    assert audit(bag, tmp_path) == 2
    assert "cannot write" in capsys.readouterr().err
    assert not rounds(tmp_path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--alpha", "0"), "between 0 and 1"),
        (("--alpha", "-1"), "between 0 and 1"),
        (("--cells", "0"), "needs 9 traces"),
        (("--alpha", "0.02", "--causes"), "needs 99 traces"),
        (("--longest", "0"), "too short"),
        (("--total", "0.5"), "too short"),
        (("--policy", "in_hand_rotation"), "is for in_hand_rotation, the audit is of pick_place"),
        (("--policy", "nobody"), "nobody"),
    ],
)
def test_what_makes_no_audit_is_said_before_anything_is_read(tmp_path, capsys, words, said):
    assert audit(tmp_path / "never_looked_at", tmp_path, *words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert said in error
    assert not (tmp_path / "ledger.db").exists()


def test_a_table_is_no_recording(tmp_path, capsys):
    (tmp_path / "motion.csv").write_text("time_s\n1\n")
    refused(tmp_path / "motion.csv", tmp_path, capsys, "expected a bag folder, or a file ending in .mcap or .db3")
