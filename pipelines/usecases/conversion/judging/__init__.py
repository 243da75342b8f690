"""How good chances would have been."""
