"""Visitors with tastes: who comes on a day, what the app's block shows them, and what they buy because of it."""
