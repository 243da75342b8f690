"""How many rows and keys are written into one statement."""
