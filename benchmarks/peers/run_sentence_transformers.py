"""sentence-transformers on torch: one JSON list of texts a line, answered with their vectors and the seconds it took.

The arguments are the folder of the model and the number of threads.
"""

import json
import sys
import time

import _task
import sentence_transformers
import torch

torch.set_num_threads(int(sys.argv[2]))
model = sentence_transformers.SentenceTransformer(sys.argv[1], device="cpu")
model.max_seq_length = 256
for line in sys.stdin:
    texts = json.loads(line)
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = model.encode(texts, normalize_embeddings=True)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"vectors": vectors.tolist(), "wall": wall, "cpu": cpu}), file=_task.OUT, flush=True)
