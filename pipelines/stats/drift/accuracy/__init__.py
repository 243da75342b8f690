"""How good answers were once it is known what happened, and what to expect before it is (METHODS 4c, 4d)."""
