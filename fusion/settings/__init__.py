"""The site's folder: YAML and GeoJSON as people write them, checked, with file and line of every fault."""
