"""Processes of one job share the rows: PyTorch's own process group, over the loopback interface."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import zarr

torch = pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")

SCRIPT = """
import json, os, sys
import torch, torch.distributed as dist, zarr_partial as zp
from zarr_partial.torch import loader

rank = int(sys.argv[1])
dist.init_process_group("gloo", init_method="file://" + os.path.abspath("meeting"), rank=rank, world_size=2)
rows = zp.open("a.zarr")
found = {}
for name, options in {
    "all": {"shuffle": True}, "blocks": {"shuffle": True, "block": 10, "buffer": 2},
    "full batches": {"shuffle": True, "drop_last": True}, "in order": {},
}.items():
    batches = loader(rows, 8, at_once=1, **options)
    found[name] = []
    for epoch in range(2):
        batches.set_epoch(epoch)
        found[name].append([batch[:, 0].tolist() for batch in batches])
# What all ranks have read, by the group itself.
count = torch.tensor([sum(map(len, found["all"][0]))])
dist.all_reduce(count)
assert count.item() == 101, count
assert repr(loader(rows, 8)).endswith(f", rank {rank} of 2>")
assert len(loader(rows, 8, rank=0, world_size=1)) == 13
dist.destroy_process_group()
print(json.dumps(found))
"""


@pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="this PyTorch has no gloo")
def test_two_processes_share_the_rows_of_every_epoch(tmp_path):
    numbers = np.arange(101, dtype="f4")
    zarr.create_array(tmp_path / "a.zarr", data=np.stack([numbers, numbers], axis=1), chunks=(15, 2))
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(rank)],
            cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        said = [process.communicate(timeout=240) for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], said
    ranks = [json.loads(out) for out, _ in said]
    for name in ranks[0]:
        for epoch in range(2):
            shares = [rank[name][epoch] for rank in ranks]
            rows = [row for share in shares for batch in share for row in batch]
            assert len(set(rows)) == len(rows)
            if name == "full batches":
                assert [len(share) for share in shares] == [6, 6]
                assert {len(batch) for share in shares for batch in share} == {8}
            else:
                assert sorted(rows) == numbers.tolist()
        assert (ranks[0][name][0] == ranks[0][name][1]) is (name == "in order")
