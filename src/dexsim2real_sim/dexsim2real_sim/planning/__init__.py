"""Motion of the robot through free space: what it would touch, a way around it, and when to be where."""

from dexsim2real_sim.planning.collision import Box, Collisions
from dexsim2real_sim.planning.motion import plan_motion, time_waypoints
from dexsim2real_sim.planning.reach import reach_palm
from dexsim2real_sim.planning.timing import Motion

__all__ = ["Box", "Collisions", "Motion", "plan_motion", "reach_palm", "time_waypoints"]
