"""From past origins to weights and spread: what each member was worth, and how wide its errors are."""
