"""Road traffic: equilibrium, paths, signals, states, forecasts and crashes on a directed network of links.

Each part is a package of its own, imported by its name; all of them take the same ``network.Network``.
"""
