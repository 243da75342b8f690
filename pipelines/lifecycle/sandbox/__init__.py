"""A candidate comes in, what it did in the linked test store goes out."""
