"""Numerics on arrays, graphs and frames: labelled functions, no SQL, no web, no catalogue."""
