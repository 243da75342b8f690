"""What is measured of repeat orders alone."""
