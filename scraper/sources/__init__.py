"""Everything that can name articles."""
