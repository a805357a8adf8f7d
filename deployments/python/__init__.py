"""What the commands do, as functions of Python: `evaluation` and `selection` offer them under their names."""
