"""A hand's loop and the stand-in hand on python-can's virtual bus, in simulated time."""

import itertools

import can
import numpy as np
import pytest

from dexsim2real_hw.allegro.bus import HandBus
from dexsim2real_hw.allegro.config import AllegroConfig
from dexsim2real_hw.allegro.loop import HandLoop
from dexsim2real_hw.allegro.standin import AllegroStandIn
from dexsim2real_hw.link import Target

CHANNELS = itertools.count()


class SimulatedTime:
    """A bus whose waiting makes the stand-in's time pass."""

    def __init__(self, bus, hand):
        self.bus, self.hand = bus, hand
        self.refuses = True  # as an interface that is down; False: it takes frames that arrive nowhere

    def send(self, frame, timeout=None):
        if self.hand.off_bus and self.refuses:
            raise can.CanOperationError("Network is down", 100)
        self.bus.send(frame, timeout)

    def recv(self, timeout=None):
        end = self.hand.time + (timeout or 0.0)
        while (frame := self.bus.recv(0)) is None and self.hand.time < end:
            self.hand.advance(0.0005)
        return frame

    def shutdown(self):
        self.bus.shutdown()


class End:
    """A DeviceEnd without a process at its other side."""

    def __init__(self):
        self.target, self.stop, self.recover = None, False, False
        self.states, self.message, self.counters = [], "", {}

    def poll(self):
        pass

    def publish(self, state):
        self.states.append(state)

    def report(self, message, counters):
        self.message, self.counters = message, dict(counters)


class Rig:
    def __init__(self, hand="v4", serial=None, answers_info=True, **config):
        self.config = AllegroConfig(hand=hand, **config)
        self.type = self.config.hand_type()
        channel = f"hand-{next(CHANNELS)}"
        self.buses = [can.Bus(interface="virtual", channel=channel, preserve_timestamps=True) for _ in range(2)]
        self.hand = AllegroStandIn(self.buses[1], self.type, serial, answers_info=answers_info)
        self.interface = SimulatedTime(self.buses[0], self.hand)
        self.bus = HandBus(self.interface, channel, clock=lambda: self.hand.time)
        self.end = End()
        self.loop = HandLoop(self.bus, self.type, self.end, self.config)

    def turn(self, duration, target=None):
        """Run the loop for a while, with a command every 8 ms if there is a target."""
        end, due = self.hand.time + duration, 0.0
        while self.hand.time < end:
            if target is not None and self.hand.time >= due:
                self.end.target, due = Target(self.hand.time, np.asarray(target), np.zeros(16)), self.hand.time + 0.008
            self.loop.turn()

    def close(self):
        for bus in self.buses:
            bus.shutdown()


@pytest.fixture
def rig():
    rigs = []

    def make(*args, **kwargs):
        rigs.append(Rig(*args, **kwargs))
        return rigs[-1]

    yield make
    for made in rigs:
        made.close()
