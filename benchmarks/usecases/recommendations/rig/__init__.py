"""What the benchmark of recommendations is made of: real baskets, other libraries, a large shop."""
