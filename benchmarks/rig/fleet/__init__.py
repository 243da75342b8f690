"""A fleet: shops of three sizes, what a night does for each, and who does it."""
