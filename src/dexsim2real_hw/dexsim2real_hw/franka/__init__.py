"""Franka Research 3 through pylibfranka, without ROS."""
