"""Which offer a shopper is shown while the shopper waits."""
