"""The reading side: web pages, API, feeds out and metrics. It reads the archive and sees storage only."""
