"""The zone's terminals, dealt out to processes: each reads, looks and judges its share on a core of its own."""
