"""Makes bot/matching/dictionary.* from the source package of jieba 0.42.1 (MIT), unpacked in FOLDER.

pip download --no-deps --no-binary :all: jieba==0.42.1 && tar xzf jieba-0.42.1.tar.gz
python scripts/dictionary.py jieba-0.42.1
"""

import math
import runpy
import sys
from pathlib import Path

import marisa_trie
import numpy as np

FIRST, LAST = 0x4E00, 0x9FFF  # the characters of words that the dictionary lacks
source = Path(sys.argv[1]) / "jieba"
target = Path(__file__).resolve().parents[1] / "bot/matching"

lines = (source / "dict.txt").read_text("utf-8").splitlines()
counts = {word: int(count) for word, count, _ in (line.split(" ") for line in lines)}
words = marisa_trie.Trie(counts)
words.save(str(target / "dictionary.marisa"))

total = sum(counts.values())
chances = np.zeros(len(words), np.float32)
for word, count in counts.items():
    chances[words[word]] = math.log(max(count, 1) / total)
np.save(target / "dictionary.npy", chances)

emitted = runpy.run_path(str(source / "finalseg/prob_emit.py"))["P"]
table = np.full((LAST - FIRST + 1, 4), -1e30, np.float32)
for column, place in enumerate("BMES"):
    for character, chance in emitted[place].items():
        if FIRST <= ord(character) <= LAST:
            table[ord(character) - FIRST, column] = chance
np.save(target / "dictionary_unknown.npy", table)
