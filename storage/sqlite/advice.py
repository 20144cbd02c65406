"""What to do about a fault, in the words that several checks share."""

BACKUP = "put back both files from a backup"
ROW = "take the row from a backup"
