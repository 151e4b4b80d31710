"""The HTTP server: Granian, request bodies and large responses."""
