"""Prefect's own programs, limited to what Benchwright needs of them: who may call, what may run, where to connect."""
