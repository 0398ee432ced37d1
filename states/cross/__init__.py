"""What Corda adds to the Cross Framework: who signed a transaction, and what its contracts answer.

No module here declares a contract: the archives of Ibc and of each application carry them all.
"""
