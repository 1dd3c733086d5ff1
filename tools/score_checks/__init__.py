"""What tools/check-tables checks, part by part."""
