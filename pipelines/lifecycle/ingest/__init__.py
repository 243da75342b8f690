"""What Shopify tells: deliveries and exports come in, facts keyed by Shopify's ids go out."""
