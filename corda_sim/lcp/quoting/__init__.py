"""The quoting service of the *simulated* platform: it loads enclaves, measures and quotes them."""
