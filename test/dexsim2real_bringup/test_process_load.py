"""Processor time and memory of a process."""

import os
import time

import pytest

from dexsim2real_bringup.process_load import Usage, stolen, usages


def test_a_share_is_of_one_processor():
    assert Usage(12.0, 3.5, 0).share_since(Usage(10.0, 3.0, 0)) == pytest.approx(0.25)


def test_this_process_has_used_some():
    before = Usage.of(os.getpid())
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    after = usages({"me": os.getpid()})["me"]
    assert after.seconds > before.seconds and after.memory > 10_000_000


def test_what_the_host_takes_away_only_grows():
    before = stolen()
    assert 0.0 <= before <= stolen()


def test_a_process_that_has_gone_is_an_error():
    with pytest.raises(FileNotFoundError):
        Usage.of(2**22 + 1)
