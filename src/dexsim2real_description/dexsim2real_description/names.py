"""Joint and finger names and their order, the one place that defines both.

Every vector over joints in the project follows :data:`JOINTS`. Names are neutral; the names that the makers'
drivers use are in :data:`VENDOR_JOINTS`, and only drivers translate.
"""

from __future__ import annotations

FINGERS: tuple[str, ...] = ("index", "middle", "ring", "thumb")
"""Fingers in the manufacturer's order (FACTS 2.1: joints 0-3 index, ..., 12-15 thumb)."""

ARM_JOINTS: tuple[str, ...] = tuple(f"arm_joint_{i}" for i in range(1, 8))
HAND_JOINTS: tuple[str, ...] = tuple(f"{finger}_joint_{i}" for finger in FINGERS for i in range(4))
JOINTS: tuple[str, ...] = ARM_JOINTS + HAND_JOINTS
"""Seven arm joints, then sixteen hand joints: the order of every joint vector, shape (23,)."""

# The maker's ROS 2 driver numbers fingers 0 thumb, 1 index, 2 middle, 3 ring (its CAN order stays ours).
_WR2_FINGER = {"thumb": 0, "index": 1, "middle": 2, "ring": 3}

VENDOR_JOINTS: dict[str, tuple[str, ...]] = {
    "panda": tuple(f"panda_joint{i}" for i in range(1, 8)),
    "fr3": tuple(f"fr3_joint{i}" for i in range(1, 8)),
    "allegro_v4": tuple(f"joint_{i}.0" for i in range(16)),
    "allegro_v5": tuple(f"joint_{i}_0" for i in range(16)),
    "allegro_hand_ros2": tuple(f"ah_joint{_WR2_FINGER[f]}{i}" for f in FINGERS for i in range(4)),
}
"""Names that other software uses, each in our order: arms follow ARM_JOINTS, hands HAND_JOINTS."""
