"""The process `ritournelle`, or `python -m ritournelle`: what is not needed is left out before anything is imported."""

from __future__ import annotations

import sys

from ritournelle.commands.characters import replace_what_cannot_be_shown
from ritournelle.commands.lean import data_classes_kept, ended_at_once, leave_out_what_is_not_needed


def main() -> None:
    """Run the command that the command line names."""
    verb = next(iter(sys.argv[1:]), "")
    replace_what_cannot_be_shown()
    # Here, where the process is known to be ours, and nothing heavy is imported yet.
    leave_out_what_is_not_needed(verb)
    with ended_at_once(verb), data_classes_kept(verb):
        from ritournelle import cli

        cli.execute(verb)


if __name__ == "__main__":
    main()
