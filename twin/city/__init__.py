"""What a city is made of and the rules it obeys, as pure functions and tables: no SQL, no web."""
