"""A shop beside the store of a demo: what it is told, and what became of that."""
