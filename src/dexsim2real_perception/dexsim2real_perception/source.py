"""What every sensor source is, and the thread that keeps one running."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from dexsim2real_description import DexSim2RealError
from dexsim2real_perception.errors import SourceEndedError

log = logging.getLogger(__name__)
_LOG_PERIOD = 5.0


@dataclass(frozen=True)
class State:
    """What a source says of itself, in words that belong on a console."""

    text: str
    ok: bool = False
    """Frames are coming and may be believed."""


class Stamped(Protocol):
    """A frame of any sensor."""

    @property
    def stamp_ns(self) -> int:
        """When it was acquired, system time [ns]."""


FrameT_co = TypeVar("FrameT_co", bound=Stamped, covariant=True)
FrameT = TypeVar("FrameT", bound=Stamped)


class Source(Protocol[FrameT_co]):
    """A sensor. `open` and `read` raise SourceError; after that, and after `close`, it can be opened again."""

    @property
    def state(self) -> State:
        """Asked from another thread."""

    def open(self) -> None:
        """Connect to the sensor."""

    def read(self, timeout_s: float) -> FrameT_co | None:
        """The next new frame; None if none came in time."""

    def close(self) -> None:
        """Let go of the sensor; does nothing if it is not open."""


@dataclass(frozen=True)
class Backoff:
    """Pauses between attempts [s]: the first, then twice as long each time, up to the longest."""

    first: float = 0.25
    longest: float = 5.0

    def pause(self, failures: int) -> float:
        """Before the next attempt, after `failures` in a row (1 or more) [s]."""
        return float(min(self.longest, self.first * 2 ** min(failures - 1, 30)))


@dataclass(frozen=True)
class LoopStatus:
    """What a loop reports for /diagnostics."""

    text: str
    ok: bool
    values: Mapping[str, object] = field(default_factory=dict)


class SourceLoop:
    """Reads one source in a thread, hands over its frames, and opens it again when it fails, for ever.

    Nothing ends it but `stop` and the end of a replay: whatever goes wrong is its state, and is logged once per
    reason. A frame is handed over once, when it is new.
    """

    def __init__(
        self, source: Source[FrameT], deliver: Callable[[FrameT], None], backoff: Backoff | None = None
    ) -> None:
        self._source = source
        self._deliver = deliver
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._failure: str | None = "not started"
        self._failures = 0
        self._said = State("")
        self._silent_until = 0.0
        self._frames = 0
        self._reopened = -1
        self._recent: deque[tuple[float, int]] = deque(maxlen=100)
        self._thread = threading.Thread(target=self._run, name="source", daemon=True)

    def start(self) -> None:
        """Begin in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the source; returns when nothing more will be handed over."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def status(self) -> LoopStatus:
        """State, frame counter, rate [Hz] over the last frames, age [s] of the last one when it was handed over."""
        state = State(self._failure) if self._failure is not None else self._source.state
        values: dict[str, object] = {"frames": self._frames, "reopened": max(0, self._reopened)}
        recent = list(self._recent)
        if len(recent) > 1 and recent[-1][0] > recent[0][0]:
            values["rate_hz"] = round((len(recent) - 1) / (recent[-1][0] - recent[0][0]), 2)
            values["last_frame_age_s"] = round(recent[-1][0] - recent[-1][1] * 1e-9, 4)
            values["since_last_frame_s"] = round(time.time() - recent[-1][0], 3)
        return LoopStatus(state.text, state.ok, values)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._reopened += 1
                self._read_until_stopped()
            except SourceEndedError as ended:
                self._fail(str(ended))
                return
            except DexSim2RealError as error:
                self._fail(str(error))
            except Exception as error:  # a thread that dies would be silence; this stays visible and tries again
                log.exception("unexpected failure of a sensor source")
                self._fail(f"{type(error).__name__}: {error}")
            finally:
                self._source.close()
            self._failures += 1
            self._stop.wait(self._backoff.pause(self._failures))

    def _read_until_stopped(self) -> None:
        self._source.open()
        while not self._stop.is_set():
            frame = self._source.read(timeout_s=0.1)
            self._failure = None
            self._say(self._source.state)
            if frame is not None:
                self._failures = 0
                self._frames += 1
                self._recent.append((time.time(), frame.stamp_ns))
                self._deliver(frame)

    def _fail(self, reason: str) -> None:
        self._failure = reason
        self._say(State(reason))

    def _say(self, state: State) -> None:
        """Log what is new; a reason whose numbers keep changing at most every few seconds."""
        if state == self._said:
            return
        now = time.monotonic()
        if state.ok == self._said.ok and now < self._silent_until:
            return
        self._said, self._silent_until = state, now + _LOG_PERIOD
        log.log(logging.INFO if state.ok else logging.ERROR, "%s", state.text)
