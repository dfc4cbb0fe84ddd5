"""From a citizen's words to the entries that may answer them; knows the FAQ folder, not the desk."""
