"""WARC files (ISO 28500): reading them as captures of pages. Pure but for the reading of files."""
