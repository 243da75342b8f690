"""What is said of offers."""
