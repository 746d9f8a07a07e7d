"""What the traffic processes share: the network from the layers, its zones, demand, and roads under water."""
