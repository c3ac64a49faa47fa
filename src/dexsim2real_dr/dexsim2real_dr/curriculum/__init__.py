"""Progressive skill curriculum: sub-skills of a task, how hard each is made, how they are chained."""
