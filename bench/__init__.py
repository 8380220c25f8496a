"""Benches: what the whole costs, against peers, against the limit, part by part. See bench/README.md."""
