"""A loop that is killed at every point, and started again each time, ends as one that was left alone.

The loop itself is real; its commands are stand-ins that write what the real ones write, bit by bit.
"""

import os
import sys
import traceback
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from dexsim2real_bringup.cli import loop as command
from dexsim2real_bringup.loop import run
from dexsim2real_bringup.loop.plan import Budget, LoopOptions
from dexsim2real_bringup.loop.step import Records, digest
from dexsim2real_bringup.loop.story import save_story
from dexsim2real_description import DexSim2RealError

STEP = '''
"""Stands in for a command: state folder, then its words."""
import hashlib, json, os, signal, sys, time
from pathlib import Path

state, words = Path(sys.argv[1]), sys.argv[2:]
option = dict(zip(words, words[1:]))
out = Path(option["--out"]) if "--out" in option else None
verb = " ".join(word for word in words[:2] if word.isalpha())
resumes = verb in ("dr run", "train")

def point(name):
    """The first time that it gets here, this process's parent is killed; the process itself hangs, or dies too."""
    file = state / "points" / (hashlib.sha1(f"{words} {name}".encode()).hexdigest() + verb.replace(" ", "_"))
    if (state / "kill").exists() and not file.exists():
        file.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(3600 if int(file.name[:1], 16) % 2 else 0)
        os.kill(os.getpid(), signal.SIGKILL)

def content(path):
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    return b"".join(file.read_bytes() for file in files if file.is_file())

with (state / "ran").open("a") as ran:
    ran.write(verb + "\\n")
read = b"".join(content(Path(word)) for word in words if os.sep in word and Path(word) != out and Path(word).exists())
told = hashlib.sha256(" ".join(words).encode() + read).hexdigest()
point("begun")
if out is not None:
    if out.exists() and not resumes:
        sys.exit("somebody else's leavings")
    out.mkdir(exist_ok=resumes)
    for number in range(3):
        part = out / f"part_{number}"
        if not part.exists():
            part.with_suffix(".partial").write_text(f"{told} {number}")
            point(f"part {number}")
            part.with_suffix(".partial").replace(part)
    picture = (state / "picture.png").read_bytes()
    for name in {"dr run": ("pictures", "parameters"), "train": ("curve",)}.get(verb, ()):
        (out / "report_plots").mkdir(exist_ok=True)
        (out / "report_plots" / f"{name}.png").write_bytes(picture)
    if verb in ("dr run", "audit"):
        (out / "randomization.yaml").write_text(told)
    if verb == "train":
        (out / "policy").mkdir(exist_ok=True)
        (out / "policy" / "policy.onnx").write_text(told)
        (out / "checkpoint.pt").write_text(told)
if "--json" in option:
    won = [{"success": digit in "01234567", "outcome": "success"} for digit in told]
    Path(option["--json"]).write_text(json.dumps({"trials": won, "Trials": won[:5], "verdict": told}))
point("done")
'''
TINY = Budget(search_rounds=1, generations=1, train_steps=1, trials=1, live_trials=1, cells=1)


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Where the stand-ins keep what they need."""
    (tmp_path / "points").mkdir()
    (tmp_path / "step.py").write_text(STEP)
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.png")
    (tmp_path / "start.pt").write_text("a checkpoint")
    monkeypatch.setattr(run, "PROGRAM", (sys.executable, "-I", "-S", str(tmp_path / "step.py"), str(tmp_path)))
    monkeypatch.setattr(run.time, "monotonic", lambda: 0.0)  # how long a step took is told on the page
    monkeypatch.chdir(tmp_path)  # so that all loops have the same paths, and the same page
    return tmp_path


def loop_in_a_child(state):
    """Run two rounds in a process of their own; True if it came to the end."""
    child = os.fork()
    if not child:
        status = 1
        try:
            out = Path("loop")
            options = LoopOptions(rounds=2, start_from=state / "start.pt")
            with Path(os.devnull).open("w") as nowhere:
                rounds, outcomes, before = command._do_rounds(options, TINY, out, Console(file=nowhere))
            save_story(out / "index.html", options, before, rounds, outcomes)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WIFSIGNALED(status), "the loop failed"
    return status == 0


def test_killed_at_every_point_it_ends_with_the_same_page_and_files(state, monkeypatch):
    assert loop_in_a_child(state)
    alone, page = digest(state / "loop"), (state / "loop" / "index.html").read_text()
    commands = (state / "ran").read_text().count("\n")
    assert commands == 20  # pictures, search, 4 of the shipped policy, and twice training, 4 evaluations, live, audit
    (state / "loop").rename(state / "left alone")
    (state / "ran").unlink()
    (state / "kill").touch()
    save = Records.save

    def killed_while_saving(records, step, record):
        for when in ("before", "after"):
            point = state / "points" / f"{when} {step.name} {record.seconds}"
            if not point.exists():
                point.touch()
                os.kill(os.getpid(), 9)
            if when == "before":
                save(records, step, record)

    monkeypatch.setattr(Records, "save", killed_while_saving)
    kills = 0
    while not loop_in_a_child(state):
        kills += 1
    points = [path.name for path in (state / "points").iterdir()]
    assert kills == len(points) and kills > 6 * commands - 12 * 3
    assert (state / "loop" / "index.html").read_text() == page
    assert digest(state / "loop") == alone


def test_of_two_loops_in_one_folder_the_second_is_refused(tmp_path):
    with run._alone_in(tmp_path), pytest.raises(DexSim2RealError, match="another loop is at work"):
        run.run_steps([], tmp_path, Console(file=Path(os.devnull).open("w")))  # noqa: SIM115
