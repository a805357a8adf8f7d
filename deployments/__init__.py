"""How people and machines start it: the command line, deployments, the embedded server."""
