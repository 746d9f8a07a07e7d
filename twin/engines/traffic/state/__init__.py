"""What the roads are like now: links from all sources, trips from counts, incidents from detectors."""
