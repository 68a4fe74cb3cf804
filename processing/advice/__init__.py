"""From figures to findings, a plan, and when to look again."""
