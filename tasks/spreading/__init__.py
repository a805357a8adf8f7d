"""A run spread over several processes: their flow runs, and what each has to know of the others."""
