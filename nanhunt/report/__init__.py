"""What people see; pure functions of a Finding, a comparison, or evidence."""
