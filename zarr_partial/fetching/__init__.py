"""Reading from places that hand out byte ranges: what to ask for, in which order, and what to make of it."""
