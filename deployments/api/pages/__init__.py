"""Pages for people: what runs, what was answered, and what follows from it, as HTML without anything from outside."""
