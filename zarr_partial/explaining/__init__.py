"""What a selection touches, what that costs and why, and what would help: the parts of `explain`."""
