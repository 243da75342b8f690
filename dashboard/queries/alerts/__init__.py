"""The alerts of a shop, and who is told of them."""
