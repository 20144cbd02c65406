"""The archive on SQLite: one file for what is searched, one beside it for the raw pages."""
