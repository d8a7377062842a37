"""Aggregates: features of products, of customers, and of a customer with a product."""
