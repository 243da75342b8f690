"""What Prometheus reads: the fleet as the database knows it, and what the processes of this machine count."""
