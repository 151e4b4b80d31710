"""The command line. Exit codes: 0 success, 1 the data does not conform, 2 unusable input."""

from importlib import import_module

import click

from rolegraph import __version__

COMMANDS = {
    "add": ("sources", "add", "Check role entries and store them under a source."),
    "agreement": ("analyses", "agreement", "Show what sources agree on about a role, and where they contradict each other."),
    "align": ("alignment", "align", "Propose matches between the concepts of two sources."),
    "backup": ("operations", "backup", "Write the newest revision of the store into one file."),
    "check": ("validation", "check", "Audit the shipped ontology and data, or an endpoint."),
    "compare": ("roles", "compare", "Compare two to eight roles, and show which source states what."),
    "distinguish": ("analyses", "distinguish", "Show the fewest items that tell roles apart."),
    "export": ("roles", "export", "Write the whole graph, or one named graph."),
    "fingerprint": ("validation", "fingerprint", "Print the fingerprint of the text of an item."),
    "gap": ("analyses", "gap", "Show what another role, or a profile, lacks for a role."),
    "import": ("imports", "import_", "Import ESCO, O*NET, a crosswalk or salaries."),
    "match": ("matching", "match", "Find which role, skill or other thing each text of a file means."),
    "openings": ("analyses", "openings", "Show the few items that open the most further roles."),
    "paths": ("analyses", "paths", "Show the cheapest routes from one role to another."),
    "query": ("queries", "ask", "Run a canned query, or SPARQL from a file."),
    "restore": ("operations", "restore", "Create a new store from a backup."),
    "revert": ("operations", "revert", "Make an older revision the newest one again."),
    "search": ("search", "search", "Find things by label."),
    "serve": ("serve", "serve", "Serve the graph over HTTP."),
    "similar": ("analyses", "similar", "Show the roles most like a role."),
    "token": ("operations", "token", "Create, list and revoke tokens for writing over HTTP."),
    "validate": ("validation", "validate", "Check role entries against the shapes; store nothing."),
    "withdraw": ("sources", "withdraw", "Remove a source and everything it states."),
}
"""Module, attribute and help line of each command. The help lines stand here so that --help and --version import no command."""


class LazyGroup(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None if no command has that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(import_module(f"rolegraph.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands for --help."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="rolegraph")
def main() -> None:
    """Rolegraph: an open knowledge graph of job roles.

    \b
    rolegraph serve                                      # http://127.0.0.1:8080
    rolegraph compare ai-architect deep-learning-engineer
    rolegraph query roles-by-tool -p tool=pytorch
    rolegraph validate entry.ttl
    """
