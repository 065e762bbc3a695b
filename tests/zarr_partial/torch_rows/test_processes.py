"""Worker processes of every kind give what threads give; what goes wrong in one is an error, and no hang."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import zarr

import zarr_partial as zp

torch = pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")

from torch.utils.data import DataLoader  # noqa: E402

from tests.zarr_partial.running import run_script  # noqa: E402
from zarr_partial.torch import RowDataset, collate, loader  # noqa: E402

LABELS = np.arange(100)
# Many times what it takes: a hang is no matter of seconds.
HANG_SECONDS = 240

pytestmark = [
    # Python says so at every fork of a process with threads, which PyTorch's workers are on Linux by default.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"),
    # PyTorch says so where there are fewer processors than workers.
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),
]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def failing_at(label, error):
    def transform(batch):
        if label in batch[1]:
            raise error
        return batch

    return transform


def listed(batches):
    return [(x.tolist(), y.tolist()) for x, y in batches]


@needs_fork
@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"shuffle": True, "block": 10, "buffer": 3}])
def test_forked_workers_give_what_threads_give_epoch_after_epoch(rows, options):
    # The parent has read before, with threads.
    rows[0:50]
    alone, several = (
        loader(rows, 7, labels=LABELS, at_once=200, seed=5, num_workers=count, start_method=method, **options)
        for count, method in ((0, None), (2, "fork"))
    )
    assert listed(alone) == listed(several)
    next(iter(several))
    next(iter(alone))
    assert listed(alone) == listed(several)
    state = several.state_dict()
    several.set_epoch(0)
    alone.set_epoch(0)
    begun = iter(several)
    before = [next(begun) for _ in range(4)]
    state = several.state_dict()
    several.load_state_dict(state)
    assert listed(before) + listed(several) == listed(alone)
    several.close()


@needs_fork
@pytest.mark.parametrize("how", [{"collate_fn": collate}, {}])
def test_forked_workers_of_data_loader_read_a_dataset(rows, numbered, how):
    rows[0:50]
    dataset = RowDataset(rows, labels=LABELS)
    batches = DataLoader(dataset, 16, num_workers=2, shuffle=True, multiprocessing_context="fork", **how)
    found = list(batches)
    for x, y in found:
        np.testing.assert_array_equal(x.numpy(), numbered[y.numpy()])
    assert sorted(torch.cat([y for _, y in found]).tolist()) == LABELS.tolist()


# Processes that start anew import the script of the user; this is what such a script looks like. One script,
# since every process of it takes seconds to import PyTorch.
SCRIPT = """
import os
import numpy as np, torch, zarr_partial as zp
from torch.utils.data import DataLoader
from zarr_partial.torch import RowDataset, collate, loader

def doubled(batch):
    assert os.getpid() != int(os.environ["PARENT"])
    return batch[0] * 2, batch[1]

class Gone:
    def __call__(self, batch):
        return batch

    def __reduce__(self):
        return os.stat, ("gone.txt",)

def error_of(transform):
    try:
        list(loader(rows, 16, transform=transform, num_workers=1, start_method="spawn"))
    except Exception as error:
        print(type(error).__name__, error)

if __name__ == "__main__":
    os.environ["PARENT"] = str(os.getpid())
    rows, labels = zp.open("a.zarr"), np.arange(100)
    expected = rows[...] * 2
    dataset = RowDataset(rows, labels=labels, transform=doubled)
    for method in torch.multiprocessing.get_all_start_methods():
        if method == "fork":
            continue
        ours = loader(dataset, 16, shuffle=True, start_method=method, num_workers=1, at_once=300)
        theirs = DataLoader(dataset, 16, shuffle=True, multiprocessing_context=method, num_workers=1,
                            collate_fn=collate)
        for batches in (ours, ours, theirs):
            found = list(batches)
            assert sorted(torch.cat([y for _, y in found]).tolist()) == labels.tolist()
            assert all((x.numpy() == expected[y.numpy()]).all() for x, y in found)
        ours.close()
        print(method)
    error_of(lambda batch: batch)
    error_of(Gone())
"""


def test_workers_that_start_anew_give_the_same_and_say_what_they_cannot_have(tmp_path, numbered):
    zarr.create_array(tmp_path / "a.zarr", data=numbered, chunks=(15, 3), compressors=None)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-W", "error", "script.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *methods, unsent, unopened = done.stdout.splitlines()
    assert {*methods, "fork"} == {*torch.multiprocessing.get_all_start_methods(), "fork"}
    assert unsent.startswith(
        "TypeError expected arrays and a transform that can be pickled for worker processes"
    )
    assert "<lambda>" in unsent
    assert unopened == "FileNotFoundError [Errno 2] No such file or directory: 'gone.txt'"


# PyTorch raises the death of its worker from the handler of a signal, wherever the process is at that moment:
# in the code that runs the tests, too. So the process that sees workers die is one of its own.
DYING = """
    import os, re, signal, sys
    import numpy as np
    import zarr_partial as zp
    from torch.utils.data import DataLoader
    from zarr_partial.torch import RowDataset, loader

    parent = os.getpid()
    rows, labels = zp.open(sys.argv[1]), np.arange(100)


    def dying(batch):
        # As the system does where memory runs out.
        if os.getpid() != parent and 55 in batch[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch


    def error_of(batches, found=()):
        try:
            for _, y in batches:
                found.append(y[0].item())
        except RuntimeError as error:
            return str(error)
        return "none"
"""
OURS = (
    DYING
    + """
    batches = loader(
        rows, 10, labels=labels, transform=dying, num_workers=2, start_method="fork", at_once=1
    )
    found = []
    error = error_of(batches, found)
    # The second where the signal comes between two batches.
    ours = "(expected every worker process to live on, found: )?"
    expected = ours + "DataLoader worker .*(memory ran out|Killed)"
    assert re.match(expected, error), error
    assert found == list(range(0, 10 * len(found), 10)), found
    assert len(found) <= 5, found
    batches.dataset.transform = None
    assert len(list(batches)) == 10
    batches.close()
"""
)
THEIRS = (
    DYING
    + """
    dataset = RowDataset(rows, labels=labels, transform=dying)
    error = error_of(DataLoader(dataset, 10, num_workers=2, multiprocessing_context="fork"), [])
    assert re.match(r"DataLoader worker \\(pid", error), error
"""
)


@needs_fork
@pytest.mark.parametrize("script", [OURS, THEIRS], ids=["ours", "DataLoader"])
def test_a_worker_that_dies_is_an_error_and_no_hang(stored, script):
    run_script(script, stored["raw"], timeout=HANG_SECONDS)


class StubbornError(Exception):
    """Cannot be pickled."""

    def __init__(self):
        super().__init__("stubborn", threading.Lock())


@needs_fork
@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        (
            zp.CorruptChunkError("chunk 'c/0' is short", key="c/0"),
            zp.CorruptChunkError,
            "chunk 'c/0' is short",
        ),
        (KeyError("x"), KeyError, "x"),
        (StubbornError(), RuntimeError, "StubbornError: .*stubborn"),
    ],
)
def test_an_error_in_a_worker_is_the_same_error_here(rows, error, raised, message):
    batches = loader(
        rows,
        10,
        labels=LABELS,
        transform=failing_at(30, error),
        num_workers=1,
        start_method="fork",
        at_once=1,
    )
    iterator = iter(batches)
    assert [next(iterator)[1][0].item() for _ in range(3)] == [0, 10, 20]
    with pytest.raises(raised, match=message) as caught:
        next(iterator)
    assert "In a worker process" in caught.value.__notes__[0]
    assert "raise error" in caught.value.__notes__[0]
    if raised is zp.CorruptChunkError:
        assert caught.value.key == "c/0"


@needs_fork
def test_two_iterations_over_the_same_workers_are_an_error(rows):
    batches = loader(rows, 10, num_workers=1, start_method="fork", at_once=1)
    first = iter(batches)
    next(first)
    second = iter(batches)
    next(second)
    with pytest.raises(RuntimeError, match="expected one iteration at a time of a loader with workers"):
        next(first)
    assert len(list(second)) == 9
    batches.close()


@needs_fork
def test_workers_leave_the_random_numbers_of_the_user_alone(rows):
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    batches = loader(rows, 10, shuffle=True, num_workers=1, start_method="fork")
    list(batches)
    list(loader(rows, 10, shuffle=True))
    assert torch.equal(torch.rand(3), expected)
    batches.close()


@needs_fork
def test_an_iteration_does_not_go_on_in_a_fork(rows):
    batches = iter(loader(rows, 10, at_once=1, prefetch=2))
    next(batches)
    child = os.fork()
    if not child:
        try:
            next(batches)
        except RuntimeError as error:
            os._exit(0 if "expected to go on in the process that began" in str(error) else 2)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
