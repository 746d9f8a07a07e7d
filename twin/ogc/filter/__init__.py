"""CQL2 filters (OGC 21-065r2): text or JSON is read into a small tree of our own, checked against the columns
of the layer and turned into SQL in which names come from the catalogue and values are quoted by the driver.

The readers are ours because both libraries at hand failed on input from outside: pygeofilter 0.4 reads
``a OR b AND c`` as ``(a OR b) AND c`` and refuses ``NOT (a AND b)`` and ``''``; cql2 0.6 takes exponential time
on an unclosed bracket and ends the process on deep nesting.
"""
