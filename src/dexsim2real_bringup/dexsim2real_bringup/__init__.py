"""Graph description, launch files, configuration, RViz, command line, doctor."""
