"""ICS-02: clients."""
