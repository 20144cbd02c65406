"""From addresses to articles."""

import os

# Must be said before numpy is imported: the scorer's matrices are small, and threads would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
