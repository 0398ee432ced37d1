"""Delivery versus payment: a stablecoin on Corda against a token on GoQuorum."""
