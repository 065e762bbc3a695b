"""Drawings of the library's pages, made at build time from real arrays, real plans and stored results."""
