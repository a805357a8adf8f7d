"""What to do with numbers: learn, constrain, rank, recommend, explain, remember."""
