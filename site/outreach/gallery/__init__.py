"""The gallery: one folder per entry under gallery_data/, checked, drawn and turned into pages."""
