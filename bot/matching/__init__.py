"""From a citizen's words to the entries that may answer them; knows the FAQ folder, not the desk."""

import os

# NumPy's products are small here: more threads only spin while they wait for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
