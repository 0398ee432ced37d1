"""SimWorld: a network in one process; disks, messages, clock and faults are drawn from a seed.

Engine, commit cycle, database code, lease, notary worker and contracts are those of real nodes;
the world around them is simulated (FoundationDB's way of testing).
"""
