"""Evidence: plain and annotated snapshots, what they show, and the hashes that prove them unchanged."""
