"""`python -m zarr_partial` does what `zarr-partial` does."""

from zarr_partial.cli import main

if __name__ == "__main__":
    main()
