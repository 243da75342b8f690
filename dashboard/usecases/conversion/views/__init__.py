"""The page, shown."""
