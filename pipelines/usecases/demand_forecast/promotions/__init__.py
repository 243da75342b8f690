"""What a discount does to sales: how deep it was, how much more was wanted for it, and what is planned."""
