"""Which values of which parameters are best: spaces, designs, and what a sweep's scores say of each parameter."""
