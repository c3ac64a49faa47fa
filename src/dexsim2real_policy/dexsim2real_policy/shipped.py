"""Policies that come with the program, named by their tasks, and TASK_tvcap for students that see images too.

What each sees, and where it is from, its contract says.
"""

from __future__ import annotations

from pathlib import Path

from dexsim2real_policy.artifact import CONTRACT
from dexsim2real_policy.errors import PolicyError

SHIPPED = Path(__file__).parent / "artifacts"


def shipped_policy(name: str) -> Path | None:
    """The folder of the policy of that name; None if there is none."""
    folder = SHIPPED / name
    return folder if (folder / CONTRACT).is_file() else None


def policy_folder(which: str) -> Path:
    """The folder that a person means: of the shipped policy of that name, or the one at that path.

    Raises PolicyError if there is neither.
    """
    folder = shipped_policy(which) or Path(which)
    if not folder.exists():
        names = sorted(path.parent.name for path in SHIPPED.glob(f"*/{CONTRACT}"))
        raise PolicyError(f"there is no policy {which}: give its folder, or one of those shipped: {', '.join(names)}")
    return folder
