"""Fixtures for tests that run real ROS 2 nodes."""

import fcntl
import os
import signal
import time

# Our matrices and networks are small; on a machine that is busy with something else, two threads of OpenBLAS or torch
# wait for each other and made tests 20 times slower. Must be set before numpy and torch are imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

settings.register_profile("project", deadline=None)  # a busy machine is no failure
settings.load_profile("project")

# What a shell starts with & ignores Ctrl-C, and so would every program that a test starts to interrupt it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    """Locks that all test processes of a run share: a turnstile, and who is in."""
    folder = tmp_path_factory.getbasetemp().parent
    with (folder / "turnstile.lock").open("w") as turnstile, (folder / "machine.lock").open("w") as inside:
        yield turnstile, inside


@pytest.fixture(autouse=True)
def share_of_the_machine(machine, request):
    """A graph has the machine to itself, whatever the number of test processes, or it could not keep real time."""
    turnstile, inside = machine
    alone = "ros_environment" in request.fixturenames
    fcntl.flock(turnstile, fcntl.LOCK_EX)
    try:
        fcntl.flock(inside, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
    finally:
        fcntl.flock(turnstile, fcntl.LOCK_UN)
    yield
    fcntl.flock(inside, fcntl.LOCK_UN)


@pytest.fixture
def ros_environment(share_of_the_machine, monkeypatch):
    """This process's environment, and that of its children, for a graph of its own on this machine."""
    graph = pytest.importorskip(
        "dexsim2real_bringup.ros_environment", reason="colcon shows it only in a sourced workspace"
    )
    changes = {
        **graph.ros_environment({}),
        "ROS_DOMAIN_ID": str(1 + os.getpid() % 99),  # one per test process; above 101 ports may collide
        "ROS_PYTHON_CHECK_FIELDS": "1",
    }
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    return {**os.environ}


class Listener:
    """A node in the test's own process that waits for things, never for time."""

    def __init__(self, rclpy):
        from rclpy.signals import SignalHandlerOptions

        from dexsim2real_description.ros_node import make_executor

        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node("listener")
        self._executor = make_executor()
        self._executor.add_node(self.node)

    def until(self, condition, seconds=120.0):
        """Spin until `condition()` is true, and return what it returned; a busy machine is slow."""
        limit = time.monotonic() + seconds
        while not (result := condition()):
            assert time.monotonic() < limit, "waited in vain"
            self._executor.spin_once(timeout_sec=0.01)
        return result

    def call(self, service_type, name, request=None):
        """Call a service, again if no answer comes, and return its response."""
        client = self.node.create_client(service_type, name)
        self.until(client.service_is_ready)
        asked = []

        def answer():  # asks again: the answer to a client that has only just been found can go astray
            if not asked or time.monotonic() > asked[-1][1]:
                asked.append((client.call_async(request or service_type.Request()), time.monotonic() + 2.0))
            return next((future.result() for future, _ in asked if future.done()), None)

        return self.until(answer)

    def collect(self, message_type, topic, qos, **options):
        """A list that fills with the messages of a topic."""
        messages = []
        self.node.create_subscription(message_type, topic, messages.append, qos, **options)
        return messages

    def close(self):
        self._executor.shutdown()
        self.node.destroy_node()


@pytest.fixture
def listener(ros_environment):
    """A Listener in the graph of `ros_environment`."""
    rclpy = pytest.importorskip("rclpy", reason="needs the extra 'ros'")
    made = Listener(rclpy)
    yield made
    made.close()
    rclpy.try_shutdown()
