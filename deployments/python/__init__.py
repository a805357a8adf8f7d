"""The commands as Python functions, which `evaluation` and `selection` export under their names."""
