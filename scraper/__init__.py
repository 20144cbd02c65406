"""From addresses to articles."""
