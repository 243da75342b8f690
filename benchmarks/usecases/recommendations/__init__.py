"""What is measured of recommendations: what they find in past orders, beside other libraries, and how fast."""
