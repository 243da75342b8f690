"""What the page of recommendations reads."""
