"""The sample world: made-up sites on loopback, for trying and testing the real thing."""
