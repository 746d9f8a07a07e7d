"""How far places are from one another by road: nearest facilities, times, catchments and what is reached by when."""
