"""TVCAP network, export, policy artifact, inference and policy node."""
