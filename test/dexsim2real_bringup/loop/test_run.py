"""Steps run once, again when what they read has changed, and go on after an interruption. With real commands."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dexsim2real_bringup.loop.run import StepFailedError, run_steps
from dexsim2real_bringup.loop.step import Record, Records, Step, digest
from dexsim2real_description import DexSim2RealError


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200)


def listing(folder, *inputs):
    """A step whose command is quick and makes a file."""
    out = folder / "below" / "tasks.json"  # a folder that nobody has made yet
    return Step("list tasks", ("tasks", "--json", str(out)), (out,), inputs, "What there is to do.")


def test_a_step_is_done_once_and_again_when_its_input_changes(tmp_path, console):
    source = tmp_path / "source.txt"
    source.write_text("one")
    step = listing(tmp_path, source)
    first = run_steps([step], tmp_path, console)[0]
    assert (first.skipped, (tmp_path / "below" / "tasks.json").exists()) == (False, True)
    again = run_steps([step], tmp_path, console)[0]
    assert (again.skipped, again.seconds) == (True, first.seconds)
    source.write_text("two")
    assert not run_steps([step], tmp_path, console)[0].skipped
    (tmp_path / "below" / "tasks.json").unlink()
    assert not run_steps([step], tmp_path, console)[0].skipped
    assert f"dexsim2real tasks --json {tmp_path}/below/tasks.json" in (tmp_path / "commands.sh").read_text()


def test_another_command_makes_it_anew(tmp_path, console):
    run_steps([listing(tmp_path)], tmp_path, console)
    other = Step("list tasks", ("params", "--json", str(tmp_path / "tasks.json")), (tmp_path / "tasks.json",))
    assert not run_steps([other], tmp_path, console)[0].skipped
    assert "friction_tip" in (tmp_path / "tasks.json").read_text()


def test_what_a_failed_step_left_is_kept_for_the_same_step_only(tmp_path, console):
    out, source = tmp_path / "half", tmp_path / "source.txt"
    source.write_text("one")
    failing = Step("fail", ("sim", "view", "no_such_task"), (out,), (source,), resumes=True)
    with pytest.raises(StepFailedError, match="'fail' failed with status 2"):
        run_steps([failing], tmp_path, console)
    (out / "part").mkdir(parents=True)  # as an interrupted command leaves it
    with pytest.raises(StepFailedError):
        run_steps([failing], tmp_path, console)
    assert (out / "part").exists()
    source.write_text("two")
    with pytest.raises(StepFailedError):
        run_steps([failing], tmp_path, console)
    assert not out.exists()  # made from another input, so not to be gone on with
    (out / "part").mkdir(parents=True)
    with pytest.raises(StepFailedError):
        run_steps([replace(failing, resumes=False)], tmp_path, console)
    assert not out.exists()  # a command that cannot go on begins anew


def test_a_step_that_makes_nothing_is_an_error(tmp_path, console):
    with pytest.raises(StepFailedError, match="did not make"):
        run_steps([Step("idle", ("tasks",), (tmp_path / "never",))], tmp_path, console)
    idle = Step("idle", ("tasks",), (tmp_path / "never",))
    assert Records(tmp_path / "steps").find(idle, Record.of(idle)).seconds is None


def test_a_spoiled_record_counts_as_none(tmp_path):
    step, records = listing(tmp_path), Records(tmp_path)
    records.save(step, replace(Record.of(step), seconds=1.0))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "tasks.json").touch()
    assert records.find(step, Record.of(step)).seconds == 1.0
    (tmp_path / "list_tasks.json").write_text('{"command": 3')
    assert records.find(step, Record.of(step)) is None


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path, console):
    (tmp_path / "file").touch()
    with pytest.raises(DexSim2RealError, match="choose a folder you may write to"):
        run_steps([], tmp_path / "file" / "below", console)


def test_digest_sees_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    before = digest(tmp_path / "a")
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    assert digest(tmp_path / "a") != before
    assert digest(tmp_path / "nothing") == ""
