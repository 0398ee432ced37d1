"""The other side: our Solidity contracts, their compiled artifacts, and chains to run them on."""
