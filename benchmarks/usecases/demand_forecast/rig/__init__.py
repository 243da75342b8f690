"""What benchmarks of the demand forecast share."""
