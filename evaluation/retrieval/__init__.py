"""Documents, the passages they are split into, and the search for those that fit a question."""
