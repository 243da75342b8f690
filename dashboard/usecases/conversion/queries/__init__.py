"""What the page of visits and checkouts reads."""
