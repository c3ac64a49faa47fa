"""Turns the graph description into launch actions; the launch files are one call each."""

from __future__ import annotations

from dataclasses import fields

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dexsim2real_bringup.ament_prefix import make_known
from dexsim2real_bringup.graph import GraphOptions, Mode, NodeSpec, graph, parse_options
from dexsim2real_bringup.ros_environment import transport


def launch_graph(mode: Mode) -> LaunchDescription:
    """A launch description with one argument per field of GraphOptions and one action per node."""
    arguments = [
        DeclareLaunchArgument(option.name, default_value=str(option.default)) for option in fields(GraphOptions)
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=_nodes, args=[mode])])


def _nodes(context: LaunchContext, mode: Mode) -> list[LaunchDescriptionEntity]:
    texts = {option.name: LaunchConfiguration(option.name).perform(context) for option in fields(GraphOptions)}
    specs = graph(mode, parse_options(texts))
    make_known(specs)
    actions: list[LaunchDescriptionEntity] = []
    for spec in specs:
        node = node_action(spec)
        over = OnProcessExit(target_action=node, on_exit=[EmitEvent(event=Shutdown(reason=f"{spec.name} ended"))])
        actions += [node, RegisterEventHandler(over)]
    return actions


def node_action(spec: NodeSpec) -> Node:
    """The launch action of one node."""
    return Node(
        package=spec.package,
        executable=spec.executable,
        name=spec.name,
        parameters=[{name: list(v) if isinstance(v, tuple) else v for name, v in spec.parameters.items()}],
        remappings=list(spec.remappings.items()),
        output="screen",
        additional_env=transport(spec.images),
        prefix=f"nice -n {spec.niceness}" if spec.niceness else None,
    )
