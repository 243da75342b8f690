"""A stand-in for Shopify: a store, its admin and its APIs in one process, met only over HTTP."""
