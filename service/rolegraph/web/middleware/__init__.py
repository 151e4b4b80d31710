"""Middleware around every route: cache, compression, headers, checks of requests."""
