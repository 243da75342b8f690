"""A month of the development store in minutes: its options, how it is played, and what was seen."""
