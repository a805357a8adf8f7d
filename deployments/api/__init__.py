"""The HTTP interface of Benchwright."""
