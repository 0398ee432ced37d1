"""The light client of a Corda network: tear-offs signed by its notary and its validators."""
