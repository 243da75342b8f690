"""Keys in, whose shop it is out: what tools of the merchant's own may read."""
