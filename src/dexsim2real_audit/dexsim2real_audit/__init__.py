"""Recorder, traces, comparison, ledger, evaluation protocol, statistics and reports."""
