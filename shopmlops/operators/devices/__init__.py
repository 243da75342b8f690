"""Operators' authenticators: what makes their codes is sealed at rest, as every other secret is."""
