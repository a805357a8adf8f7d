"""People look at answers whose writers they do not see: which cases, how they are shown, and what follows."""
