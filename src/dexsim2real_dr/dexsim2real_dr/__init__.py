"""Distributions, critics, FM-DR and baselines, curriculum, training, system identification."""
