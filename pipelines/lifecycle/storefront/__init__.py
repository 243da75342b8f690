"""What shoppers do comes in through the shop's web pixel, which is switched on here; rows go out, and no decision."""
