"""What one turn costs and how long it takes, beside a bare loop: see docs/performance.md."""
