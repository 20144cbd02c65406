"""What changed, for the eye: on a terminal in colours, elsewhere as [-gone-] and {+new+}."""

import sys
from collections.abc import Sequence

import click

from dateline.diffs import Piece
from dateline.logs import harmless


def painted(pieces: Sequence[Piece], *, bold: bool = False) -> str:
    """The pieces of a paragraph as one line."""
    colours = sys.stdout.isatty()
    return "".join(_one(Piece(piece.fate, harmless(piece.text)), bold=bold, colours=colours) for piece in pieces)


def _one(piece: Piece, *, bold: bool, colours: bool) -> str:
    if piece.fate == "same":
        return click.style(piece.text, bold=bold)
    if piece.fate == "gone":
        return click.style(piece.text, fg="red", strikethrough=True) if colours else f"[-{piece.text}-]"
    return click.style(piece.text, fg="green") if colours else "{+" + piece.text + "+}"
