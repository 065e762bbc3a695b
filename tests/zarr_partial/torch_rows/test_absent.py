"""Without PyTorch, the names say what to install, and the rest of the library is whole."""

import subprocess
import sys

SCRIPT = """
import sys
sys.modules["torch"] = None
import zarr_partial.torch
assert zarr_partial.torch.__all__ == ["RowDataset", "RowLoader", "collate", "loader"]
try:
    from zarr_partial.torch import loader
except ImportError as error:
    print(error)
"""


def test_the_names_need_pytorch_and_say_so():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == (
        "expected PyTorch for zarr_partial.torch.loader, found no module named 'torch'; "
        "pip install 'zarr-partial[torch]'\n"
    )


def test_pytorch_is_imported_when_it_is_needed():
    script = "import sys, zarr_partial, zarr_partial.torch; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
