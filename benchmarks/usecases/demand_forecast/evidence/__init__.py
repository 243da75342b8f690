"""Subjects of the evidence benchmark that only the demand forecast has."""
