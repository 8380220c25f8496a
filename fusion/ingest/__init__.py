"""Cameras and files in, looks out: the reader of packets, the ring, the gate that sees change, stills."""
