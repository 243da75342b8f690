"""How good lists would have been."""
