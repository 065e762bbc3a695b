"""Turns gallery entries, sprint lists and benchmark results into the Beautiful Zarr site."""
