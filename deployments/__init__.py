"""Ways to start Benchwright: the command line, Prefect deployments, the embedded server."""
