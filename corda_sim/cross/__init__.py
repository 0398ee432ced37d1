"""Cross Framework: transactions that commit on two chains or on neither; pure handlers over IBC.

Wire format and rules are those of datachainlab/cross (the Go implementation); where ours differ,
the function says so.
"""
