"""The flows: the order in which the tasks run."""
