"""RTSP 1.0 over TCP, sans-I/O: bytes in, events out; no socket and no clock in here."""
