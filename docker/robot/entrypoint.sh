#!/bin/bash
# Makes ROS and the workspace known, then runs the command.
set -e
source /opt/ros/jazzy/setup.bash
source /ros2_ws/install/setup.bash
exec "$@"
