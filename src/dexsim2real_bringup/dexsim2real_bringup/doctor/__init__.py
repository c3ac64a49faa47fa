"""Checks that say what is ready on this machine, what is missing, and what to do."""
