"""Writing of a suite: what is read, what is asked of which model, and what is kept of it."""
