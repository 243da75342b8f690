"""What is known of the shop's data: its state, its deliveries, and the page about both."""
