"""What Shopify sends, cut to the allow-list and brought into one form, from webhooks and from bulk files alike."""
