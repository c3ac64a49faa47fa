"""Arm and hand drivers, ros2_control configuration and the safety gate."""
