"""A version and fresh frames come in, its answers go out: judged, stored, published."""
