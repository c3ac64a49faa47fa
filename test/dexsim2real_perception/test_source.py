import logging
import threading
import time
from dataclasses import dataclass

import pytest

from dexsim2real_perception.errors import SourceEndedError, SourceError
from dexsim2real_perception.source import Backoff, SourceLoop, State

NO_PAUSE = Backoff(first=0.001, longest=0.002)


@dataclass(frozen=True)
class Item:
    stamp_ns: int


class Scripted:
    """A source that does what a list says, one entry per `read`; an exception is raised, `open` counts."""

    def __init__(self, script, open_errors=()):
        self.script = list(script)
        self.open_errors = list(open_errors)
        self.opened = self.closed = 0
        self.state = State("streaming", ok=True)

    def open(self):
        self.opened += 1
        if self.open_errors:
            raise self.open_errors.pop(0)

    def read(self, timeout_s):
        entry = self.script.pop(0) if self.script else SourceEndedError("the script has ended")
        if isinstance(entry, State):
            self.state, entry = entry, None
        if isinstance(entry, Exception):
            raise entry
        return entry

    def close(self):
        self.closed += 1


def run(source):
    got, done = [], threading.Event()

    def deliver(item):
        got.append(item.stamp_ns)

    loop = SourceLoop(source, deliver, NO_PAUSE)
    loop.start()
    limit = time.monotonic() + 20
    while loop.status.text != "the script has ended" and time.monotonic() < limit:
        done.wait(0.001)
    loop.stop()
    return got, loop


def test_frames_are_handed_over_in_order_and_once():
    got, loop = run(Scripted([Item(1), None, Item(2), Item(3)]))
    assert got == [1, 2, 3]
    assert loop.status.values["frames"] == 3
    assert loop.status.values["reopened"] == 0


def test_what_breaks_is_opened_again():
    source = Scripted(
        [Item(1), SourceError("unplugged"), Item(2), ValueError("a bug"), Item(3)],
        open_errors=[SourceError("not there yet"), SourceError("not there yet")],
    )
    got, loop = run(source)
    assert got == [1, 2, 3]
    assert source.opened == 5  # 2 refused, 1 first, 2 after failures
    assert source.closed == source.opened
    assert loop.status.values["reopened"] == 4


def test_reasons_are_logged_once_each(caplog):
    caplog.set_level(logging.INFO)
    run(Scripted([], open_errors=[SourceError("no camera")] * 10))
    assert [record.getMessage() for record in caplog.records].count("no camera") == 1


def test_a_refusing_source_is_visible_and_logged(caplog):
    caplog.set_level(logging.INFO)
    refused = State("refused: not JSON")
    source = Scripted([Item(1), *[refused] * 3, State("streaming", ok=True), Item(2)])
    seen = []

    class Watching(SourceLoop):
        def _say(self, state):
            super()._say(state)
            seen.append(self.status.text)

    loop = Watching(source, lambda _: None, NO_PAUSE)
    loop.start()
    while "the script has ended" not in seen:
        time.sleep(0.001)
    loop.stop()
    assert "refused: not JSON" in seen
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["streaming", "refused: not JSON", "streaming", "the script has ended"]


def test_status_before_the_start_and_stop_without_start():
    loop = SourceLoop(Scripted([]), lambda _: None)
    assert (loop.status.text, loop.status.ok) == ("not started", False)
    loop.stop()


def test_stop_ends_a_pause_at_once():
    loop = SourceLoop(Scripted([], [SourceError("gone")] * 9), lambda _: None, Backoff(first=1000.0, longest=1000.0))
    loop.start()
    while loop.status.text != "gone":
        time.sleep(0.001)
    began = time.monotonic()
    loop.stop()
    assert time.monotonic() - began < 100


@pytest.mark.parametrize(("failures", "pause"), [(1, 0.25), (2, 0.5), (4, 2.0), (6, 5.0), (10_000, 5.0)])
def test_backoff_doubles_up_to_its_bound(failures, pause):
    assert Backoff().pause(failures) == pause
