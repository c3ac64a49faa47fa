"""The robot under ros2_control, in the place of the hardware node: real, on the twin, or on mock hardware.

ros2 launch dexsim2real_bringup ros2_control.launch.py hardware:=mock

It starts no policy and no safety gate: those belong to the graph that runs beside it. On real hardware everything
starts inactive; docs/hardware.md says what a person activates, in which order.
"""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from dexsim2real_description import make_cell
from dexsim2real_description.urdf import cell_urdf
from dexsim2real_hw.ros2_control import control_description

ARGUMENTS = {
    "hardware": ("mock", "real, twin or mock"),
    "arm": ("fr3", "fr3, or panda for twin and mock"),
    "hand": ("v4", "v4, or v5 for twin and mock"),
    "robot_ip": ("", "address of the arm's controller, for real hardware"),
    "can": ("can0", "CAN interface of the hand, for real hardware"),
    "task": ("pick_place", "of the twin"),
    "twin": ("0", "seed or file of the twin"),
}
CONTROLLERS = ["joint_state_broadcaster", "arm_controller", "hand_controller"]
PRIVATE = {"/joint_states": "/joint_state_broadcaster/joint_states"} | {
    f"/{topic}": f"/ros2_control/{topic}" for topic in ("robot_description", "tf", "tf_static")
}
"""The controllers' description has joints under the makers' names: nobody else should see it."""


def generate_launch_description() -> LaunchDescription:
    """One argument per entry of ARGUMENTS."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in ARGUMENTS.items()
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=nodes)])


def nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Controller manager, its description, its controllers, the bridge, and the twin."""
    chosen = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    real = chosen["hardware"] == "real"
    share = Path(get_package_share_directory("dexsim2real_hw"))
    settings = str(share / "config" / f"controllers_{'real' if real else 'twin'}.yaml")
    urdf = cell_urdf(make_cell(chosen["arm"], chosen["hand"]))
    xacro_file = share / "urdf" / "cell_control.urdf.xacro"
    description = control_description(urdf, xacro_file, chosen["hardware"], chosen["robot_ip"], chosen["can"])
    bridge = {name: chosen[name] for name in ("hardware", "arm", "hand")}
    actions: list[LaunchDescriptionEntity] = [
        Node(
            package="robot_state_publisher",
            executable="robot_state_publisher",
            name="ros2_control_description",
            parameters=[{"robot_description": description}],
            remappings=list(PRIVATE.items()),
        ),
        Node(
            package="controller_manager",
            executable="ros2_control_node",
            parameters=[settings],
            remappings=[("/robot_description", PRIVATE["/robot_description"])],
            output="screen",
        ),
        Node(
            package="controller_manager",
            executable="spawner",
            arguments=[*CONTROLLERS, "--param-file", settings, *(["--inactive"] if real else [])],
        ),
        Node(package="dexsim2real_hw", executable="ros2_control_bridge_node", name="hardware", parameters=[bridge]),
    ]
    if chosen["hardware"] == "twin":
        simulator = {name: chosen[name] for name in ("task", "twin", "arm", "hand")}
        topics = {"/joint_states": "/twin/joint_states", "/safety_gate/joint_command": "/twin/joint_command"}
        actions.append(
            Node(
                package="dexsim2real_sim",
                executable="simulator_node",
                name="simulator",
                parameters=[simulator],
                remappings=list(topics.items()),
            )
        )
    return actions
