"""Parameter sweeps: spaces, designs, and the analysis of which values of which parameters are best."""
