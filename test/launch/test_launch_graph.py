"""The simulated graph started by the real `launch`: all nodes, joint states, clean ends."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs the extra 'ros'")
pytest.importorskip("launch_testing", reason="needs a ROS installation, or launch_testing on the path")
pytest.importorskip("launch_ros", reason="needs a ROS installation, or launch and launch_ros on the path")


@pytest.mark.slow
def test_both_launch_files_run_the_simulated_graph(ros_environment):
    file = Path(__file__).with_name("simulated_graph.py")
    command = [sys.executable, "-m", "launch_testing.launch_test", str(file)]
    done = subprocess.run(command, env=ros_environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
