"""One chunk presented as many: how virtual chunks lie in stored ones, and how their bytes are served."""
