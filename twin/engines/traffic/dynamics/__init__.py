"""Traffic over time: SUMO vehicle by vehicle (in a process of its own), UXsim in platoons."""
