"""Learning from those who can: demonstrations of a planned expert, cloning, and distillation into TVCAP."""
