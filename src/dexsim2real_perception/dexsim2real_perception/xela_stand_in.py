"""A stand-in for the XELA server: speaks its protocol over a real websocket, for dry runs and tests.

Run it without any hardware with: python -m dexsim2real_perception.xela_stand_in
Then every fingertip is pressed in turn.
"""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dexsim2real_description import FINGERS, DexSim2RealError, touch_layout
from dexsim2real_description.optional import require
from dexsim2real_description.whole_hand import HAND_MODELS, HAND_TAXELS, HAND_TIPS
from dexsim2real_description.xela import FORCE_PER_COUNT, TYPICAL_COUNTS, xela_tip

log = logging.getLogger(__name__)

Version = Literal["1.7.6", "1.7.7", "1.8.0b"]
_NOISE = (2.20, 2.10, 2.09)  # standard deviation of an untouched taxel [counts] (FACTS 3.6)
_KELVIN = 302.0
_BACKLOG = 32


@dataclass(frozen=True)
class StandInConfig:
    """What the stand-in pretends to be."""

    version: Version = "1.8.0b"
    """Decides the form of greeting and frames."""
    layout: str = "uSCuAH"
    """Touch layout of the tips: grid15 or uSCuAH."""
    hand: bool = False
    """One sensor that is a whole hand (only with uSCuAH), instead of one sensor per tip."""
    calibrated: bool = False
    """Send the maker's forces (only from 1.8.0b on)."""
    rate: float = 100.0
    """Messages per second [Hz]."""
    host: str = "127.0.0.1"
    port: int = 5000
    """0 takes any free one."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.hand and self.layout != "uSCuAH":
            raise DexSim2RealError("a whole hand has the tips uSCuAH; use --layout uSCuAH with --hand")
        if self.calibrated and self.version != "1.8.0b":
            raise DexSim2RealError(f"version {self.version} sends no calibrated forces; use --version 1.8.0b")


class XelaStandIn:
    """The server; use it in a `with` statement. The attributes may be changed while it runs."""

    def __init__(self, config: StandInConfig | None = None) -> None:
        self.config = config or StandInConfig()
        layout = touch_layout(self.config.layout)
        self.force: NDArray[np.float64] = np.zeros((len(FINGERS), layout.num_taxels, 3))
        """What the fingertips feel, in our taxel frames [N], shape (4, T, 3)."""
        self.updates = self.config.rate
        """What is said of the update rate [Hz]."""
        self.frozen = False
        """The sensors are not read any more, and the messages go on."""
        self.quiet = False
        """No messages, while the connection stays."""
        self.port = self.config.port
        """Where it listens, once it runs."""
        self._tip = xela_tip(layout)
        self._random = np.random.default_rng(self.config.seed)
        self._offsets = np.array(TYPICAL_COUNTS) + self._random.normal(0.0, 250.0, (self._taxels(), 3))
        self._read_at = time.time()
        self._sequence = 0
        self._clients: set[queue.Queue[str | None]] = set()
        self._stop = threading.Event()
        self._server: Any = None
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> XelaStandIn:
        server = require("websockets.sync.server", "touch")
        try:
            self._server = server.serve(self._serve_client, self.config.host, self.config.port, compression=None)
        except OSError as error:
            raise DexSim2RealError(
                f"cannot listen on {self.config.host}:{self.config.port} ({error.strerror}); choose another --port"
            ) from error
        self.port = self._server.socket.getsockname()[1]
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._server.serve_forever, self._tick)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.drop()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()

    def say(self, text: str) -> None:
        """Send any text to every client."""
        for client in list(self._clients):
            if client.qsize() < _BACKLOG:  # a client that does not listen loses messages, as with the real server
                client.put(text)

    def drop(self) -> None:
        """Close every connection."""
        for client in list(self._clients):
            client.put(None)

    def message(self) -> str:
        """The next message of the stream, as the configured version writes it."""
        now = time.time()
        if not self.frozen:
            self._read_at = now
        self._sequence += 1
        counts, forces = self._measure()
        slices = {"1": slice(None)} if self.config.hand else self._tip_slices()
        message: dict[str, Any] = {"message": self._sequence, "time": now, "sensors": len(slices)}
        if self.config.version != "1.7.6":
            message |= {"type": "routine", "version": self.config.version, "sendtime": now}
        for number, part in slices.items():
            message[number] = self._sensor(number, counts[part], forces[part])
        return json.dumps(message)

    def _taxels(self) -> int:
        return HAND_TAXELS if self.config.hand else self.force.shape[0] * self.force.shape[1]

    def _tip_slices(self) -> dict[str, slice]:
        taxels = self.force.shape[1]
        return {str(i + 1): slice(i * taxels, (i + 1) * taxels) for i in range(len(FINGERS))}

    def _measure(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Counts and forces in the maker's order and axes: each shape (all taxels, 3)."""
        felt = np.zeros_like(self.force)
        felt[:, self._tip.order] = np.einsum("tji,ftj->fti", self._tip.axes, self.force)
        forces = np.zeros((self._taxels(), 3))
        forces[HAND_TIPS if self.config.hand else np.arange(self._taxels()).reshape(felt.shape[:2])] = felt
        noise = self._random.normal(0.0, _NOISE, forces.shape)
        counts = np.round(self._offsets + forces / FORCE_PER_COUNT + noise)
        return np.clip(counts, 0, 0xFFFF).astype(np.int64), forces + noise * FORCE_PER_COUNT

    def _sensor(self, number: str, counts: NDArray[np.int64], forces: NDArray[np.float64]) -> dict[str, Any]:
        taxels, flat = len(counts), counts.ravel().tolist()
        hexadecimal = [f"{value:04X}" for value in flat]
        sensor: dict[str, Any] = {
            "time": self._read_at,
            "sensor": number,
            "model": HAND_MODELS[0] if self.config.hand else self._tip.model,
            "taxels": taxels,
            "ups": [self.updates] * taxels,
        }
        if self.config.version == "1.7.6":
            return sensor | {"data": ",".join(hexadecimal), "calibrated": None, "temp": [_KELVIN - 273.15] * taxels}
        if self.config.version == "1.7.7":
            return sensor | {"data": flat, "temp": [_KELVIN] * taxels}
        sensor |= {"data": ",\n".join(hexadecimal), "integer": flat, "temp": [_KELVIN] * taxels, "handedness": "right"}
        if self.config.calibrated:
            sensor["calibrated"] = np.round(forces, 5).ravel().tolist()
        return sensor

    def _tick(self) -> None:
        due = time.monotonic()
        while not self._stop.is_set():
            if not self.quiet:
                self.say(self.message())
            due = max(due + 1.0 / self.config.rate, time.monotonic())
            self._stop.wait(due - time.monotonic())

    def _serve_client(self, connection: Any) -> None:
        exceptions = require("websockets.exceptions", "touch")
        mail: queue.Queue[str | None] = queue.Queue()
        old = self.config.version == "1.7.6"
        try:
            connection.send(json.dumps({"message": "Welcome"} if old else {"type": "welcome", "message": "Welcome"}))
            self._clients.add(mail)
            while (text := mail.get()) is not None:
                connection.send(text)
        except exceptions.ConnectionClosed:
            log.info("a client left")
        finally:
            self._clients.discard(mail)


def press_in_turn(stand_in: XelaStandIn, seconds: float) -> None:
    """Let every fingertip feel half a sine of up to 2 N, spread over its taxels, one second after the other."""
    finger, phase = int(seconds) % len(FINGERS), seconds % 1.0
    force = np.zeros_like(stand_in.force)
    force[finger, :, 2] = 2.0 * np.sin(np.pi * phase) / force.shape[1]
    stand_in.force = force


def main() -> int:
    """Run the stand-in until Ctrl-C."""
    tyro = require("tyro", "all")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("websockets").setLevel(logging.WARNING)
    try:
        with XelaStandIn(tyro.cli(StandInConfig, description=__doc__)) as stand_in:
            log.info("XELA stand-in %s on ws://%s:%d", stand_in.config.version, stand_in.config.host, stand_in.port)
            start = time.monotonic()
            while True:
                # The first seconds are without touch, for the baseline of whoever connects.
                if (elapsed := time.monotonic() - start) > 5.0:
                    press_in_turn(stand_in, elapsed)
                time.sleep(0.01)
    except KeyboardInterrupt:
        return 0
    except DexSim2RealError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
