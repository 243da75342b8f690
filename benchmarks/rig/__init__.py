"""What benchmarks and their tests drive the product with: load, rehearsed releases, kills, scratch databases."""
