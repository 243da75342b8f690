"""The doors for tools of the merchant's own: a key of the shop says whose figures they read."""
