"""Prefect's own programs, restricted to what Benchwright needs: who may call, what may run, where to connect."""
