"""What stands on the pages of settings."""
