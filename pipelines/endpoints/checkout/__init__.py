"""The doors of the checkout: an extension asks with Shopify's word on the shop, and is answered in time."""
