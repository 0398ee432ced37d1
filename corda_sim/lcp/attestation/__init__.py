"""The attestation service: it vouches for quotes of registered platforms, as Intel's IAS did."""
