"""Detectors: pictures in, `Detections` out. A family of models is one file; the manifest names it."""
