"""Development networks on loopback: the quick one, and GoQuorum from the user's binary."""
