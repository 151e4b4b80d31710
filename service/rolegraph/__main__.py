"""Lets ``python -m rolegraph`` be the command."""

from rolegraph.cli import main

main()
