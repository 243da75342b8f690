"""What is measured of offers: what learning costs in a real trial, and how often ranges hold what is true."""
