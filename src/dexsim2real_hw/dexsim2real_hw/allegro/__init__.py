"""Allegro Hand V4 and V5 over CAN, without ROS."""
