"""What is learned of offers out of past decisions."""
