"""The doors of the storefront: what shoppers' browsers tell us, and what they ask of us through Shopify's app proxy."""
