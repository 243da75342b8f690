"""The page of recommendations, and what is sent to it."""
