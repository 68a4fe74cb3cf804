"""Parts of the fault run: runners, processes to kill, comparison with the truth."""
