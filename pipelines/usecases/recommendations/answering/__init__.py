"""From scores to the lists that shoppers see."""
