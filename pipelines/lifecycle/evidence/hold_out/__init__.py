"""Units that are shown nothing come in, drawn before everything else; what showing brings beside them goes out."""
