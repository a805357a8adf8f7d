"""One run worked on by several processes: their flow runs, and what each has to know of the others."""
