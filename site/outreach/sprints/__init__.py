"""Sprint events and their curated issues: data, checks, pages, command."""
