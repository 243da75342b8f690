"""How many rows and keys are written into one statement, and how a log is cut into weeks."""
