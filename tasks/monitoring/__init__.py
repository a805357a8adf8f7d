"""One step each of watching what candidates do: look, tell who wants to know, publish."""
