"""One step each of people looking at answers."""
