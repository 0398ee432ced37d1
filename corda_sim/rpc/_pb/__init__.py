"""Code that grpcio-tools made from node.proto."""
