"""Offers: what a shopper at the checkout is offered, if anything."""
