"""What may be concluded from samples: intervals, tests that may be looked at any time, power, decay."""
