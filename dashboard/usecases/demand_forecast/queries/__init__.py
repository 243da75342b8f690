"""What the forecast's pages show."""
