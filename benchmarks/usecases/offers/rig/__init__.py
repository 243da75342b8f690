"""The logs by which offers are measured: a real trial, simulated ones of known value, and a real bandit's."""
