"""What a policy would have brought on past decisions."""
