"""What is kept. Stays empty: with re-exports here every pure module would import SQLite."""
