"""Merchants' pages: in comes which shop is looked at and how fast it was, out goes what changed and who is told."""
