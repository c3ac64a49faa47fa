"""Recorder, traces, comparison, ledger, evaluation protocol, statistics and reports."""

from dexsim2real_audit.bag_trace import read_trace
from dexsim2real_audit.trace import Channel, Event, Trace

__all__ = ["Channel", "Event", "Trace", "read_trace"]
