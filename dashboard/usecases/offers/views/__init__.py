"""The forms of offers, and what is sent to them."""
