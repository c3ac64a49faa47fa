"""Starts a policy in a graph that runs without one: see dexsim2real_bringup/graph.py, which describes it."""

from launch import LaunchDescription

from dexsim2real_bringup.launching import launch_graph


def generate_launch_description() -> LaunchDescription:
    """Entry point of ros2 launch."""
    return launch_graph("policy")
