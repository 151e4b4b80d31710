"""The server: Granian, bodies that come in, large answers that go out."""
