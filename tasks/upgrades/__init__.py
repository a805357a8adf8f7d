"""Tasks of the upgrade watch: look at servers, plan and conclude tests, tell, decide."""
