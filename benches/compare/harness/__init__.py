"""Compares whole connectors: see README.md of this folder's parent."""
