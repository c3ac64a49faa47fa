"""When a device is connected, and when it is left alone."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from dexsim2real_hw.connection import FRESH, Connection
from dexsim2real_hw.driver import Mode, State
from dexsim2real_hw.errors import HardwareError


class FakeDriver:
    """A device that can be missing, stop, and come back."""

    def __init__(self, missing=0):
        self.features = SimpleNamespace(name="a device", joints=("a", "b"))
        self.missing = missing
        self.ended = False
        self.mode = Mode.HOLDING
        self.age = 0.0
        self.calls = []
        self.tried = threading.Semaphore(0)

    def connect(self):
        self.calls.append("connect")
        self.tried.release()
        if self.missing:
            self.missing -= 1
            raise HardwareError("not there: plug it in")
        self.ended = False

    def disconnect(self):
        self.calls.append("disconnect")

    def state(self):
        if self.ended:
            raise HardwareError("its loop ended")
        stamp = time.monotonic_ns() - int(self.age * 1e9)
        return State(stamp, *np.zeros((4, 2)), self.mode, "", {"steps": 3})

    def send(self, position, velocity):
        if self.ended:
            raise HardwareError("its loop ended")
        self.calls.append("send")

    def recover(self):
        self.calls.append("recover")


@pytest.fixture
def connect():
    made = []

    def make(driver):
        connection = Connection(driver, retry=0.01)
        made.append(connection)
        connection.start()
        return connection

    yield make
    for connection in made:
        connection.close()


def ready(connection):
    deadline = time.monotonic() + 20
    while not connection.status()[0]:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_device_that_is_not_there_is_tried_again(connect):
    driver = FakeDriver(missing=2)
    connection = connect(driver)
    driver.tried.acquire()
    driver.tried.acquire()
    ready(connection)
    assert driver.calls.count("connect") == 3
    assert connection.status()[2] == {"mode": "holding", "steps": 3}


def test_why_it_is_missing_can_be_asked(connect):
    driver = FakeDriver(missing=10**9)
    connection = connect(driver)
    for _ in range(2):
        driver.tried.acquire()
    assert connection.status()[:2] == (False, "not there: plug it in")
    assert connection.state() is None


def test_a_device_that_stopped_is_left_alone_until_a_person_asks(connect):
    driver = FakeDriver()
    connection = connect(driver)
    ready(connection)
    driver.ended = True
    assert connection.state() is None
    assert connection.status()[1] == "its loop ended; recover to connect again"
    time.sleep(0.05)  # five times the retry period
    assert driver.calls.count("connect") == 1
    assert connection.recover() == "a device: connecting again"
    ready(connection)
    assert driver.calls.count("connect") == 2


def test_a_command_to_a_device_that_stopped_is_dropped(connect):
    driver = FakeDriver()
    connection = connect(driver)
    ready(connection)
    connection.send(np.zeros(2), np.zeros(2))
    driver.ended = True
    connection.send(np.zeros(2), np.zeros(2))
    connection.send(np.zeros(2), np.zeros(2))
    assert driver.calls.count("send") == 1


@pytest.mark.parametrize(("mode", "asked"), [(Mode.FAULT, True), (Mode.OFF, True), (Mode.TRACKING, False)])
def test_recover_reaches_the_driver_only_where_there_is_something_to_recover_from(connect, mode, asked):
    driver = FakeDriver()
    connection = connect(driver)
    ready(connection)
    driver.mode = mode
    connection.recover()
    assert ("recover" in driver.calls) == asked


def test_an_old_reading_is_none(connect):
    driver = FakeDriver()
    connection = connect(driver)
    ready(connection)
    driver.age = FRESH + 0.01
    assert connection.state() is None
