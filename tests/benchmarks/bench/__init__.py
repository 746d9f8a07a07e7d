"""Ratios measured in one run: the service against the same work done by the plainest means on the same machine."""
