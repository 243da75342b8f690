"""What is measured of one use case alone, in a folder of its slug."""
