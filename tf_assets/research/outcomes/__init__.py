"""What happened after the index date, by domain and window."""
