"""Servers and shops for the benchmark of what answers shoppers."""
