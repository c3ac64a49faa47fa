"""Real-time scheduling of a process."""

import os
import subprocess
import sys

from dexsim2real_description.scheduling import become_urgent, urgent

URGENT = """
import os, threading
from dexsim2real_description.scheduling import become_urgent
go = threading.Event()
threading.Thread(target=go.wait, daemon=True).start()
print(become_urgent(10))
print({os.sched_getscheduler(int(thread)) == os.SCHED_FIFO for thread in os.listdir("/proc/self/task")})
"""


def test_every_thread_becomes_urgent_where_that_is_allowed():
    done = subprocess.run([sys.executable, "-c", URGENT], capture_output=True, text=True, check=True)
    allowed, threads = done.stdout.splitlines()
    assert threads == f"{{{allowed}}}"
    assert ("no right to real-time scheduling" in done.stderr) == (allowed == "False")


def test_without_the_right_it_says_so_and_goes_on(monkeypatch, caplog):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert not become_urgent(10)
    assert "rtprio" in caplog.text


def test_urgent_for_a_while_is_ordinary_afterwards(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "sched_setscheduler", lambda thread, policy, _: asked.append(policy))
    with urgent(10):
        assert set(asked) == {os.SCHED_FIFO}
        asked.clear()
    assert set(asked) == {os.SCHED_OTHER}
