"""Where crashes gather on the roads: kernel density along the network and in the plane, roads cut into sites,
empirical Bayes with a fitted safety performance function, and before/after studies."""
