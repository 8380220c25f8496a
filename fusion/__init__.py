"""fusion: real-time video and sensor event fusion for a zone and its command room."""
