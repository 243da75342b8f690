"""What is measured of chances of an order alone."""
