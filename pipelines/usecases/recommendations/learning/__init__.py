"""What is learned from baskets and the catalogue."""
