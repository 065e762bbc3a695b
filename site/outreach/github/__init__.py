"""GitHub's REST API, read politely: conditional requests, pages, rate limits. Nothing is written there."""
