"""The simulated cell: robot, cameras, touch, objects, tasks, parameters, batched environment."""
