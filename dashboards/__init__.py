"""What people see: the live page and the report; computes nothing."""
