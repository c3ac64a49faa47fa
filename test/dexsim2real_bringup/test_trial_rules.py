"""When a trial is over, and why."""

import pytest

from dexsim2real_bringup.trial_rules import why_over


@pytest.mark.parametrize(
    ("verdict", "stopped", "seconds", "why"),
    [
        (None, None, 29.9, None),
        ("", None, 1.0, ""),
        ("", "effort", 1.0, ""),  # done before the stop was seen
        ("lost", None, 1.0, "lost"),
        ("lost", "workspace", 1.0, "the gate stopped: workspace"),
        (None, "", 1.0, "the gate stopped: "),
        (None, None, 30.0, "time is up"),
        ("lost", None, 30.0, "lost"),
    ],
)
def test_a_trial_is_over(verdict, stopped, seconds, why):
    assert why_over(verdict, stopped, seconds, 30.0) == why
