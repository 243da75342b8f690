"""A merchant's offers and one checkout come in; what may be offered there, with what it would earn, goes out (pure)."""
