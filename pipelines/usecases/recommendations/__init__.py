"""Recommendations: what fits a product, a cart or a shopper, as a table that is written each night.

Reads   purchases: basket | ds | unique_id | customer, products: unique_id | title | product_type | vendor | tags |
        price | first_day | published | sellable | twin | components, pick_rules: rule | unique_id | pick
Writes  unique_id | kind | rank | pick | score | reason | detail
"""
