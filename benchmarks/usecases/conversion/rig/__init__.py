"""Sessions for the benchmark: real ones, and made ones whose events stand in order."""
