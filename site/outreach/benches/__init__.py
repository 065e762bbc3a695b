"""Benchmarks: run the asv suite, read its results, show them."""
