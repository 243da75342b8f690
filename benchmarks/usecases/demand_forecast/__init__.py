"""What is measured of the demand forecast: accuracy, speed, ordering, its pages, and its evidence."""
