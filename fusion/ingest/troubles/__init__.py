"""What is wrong with a camera, judged from its pictures and its packets; no I/O, no clock: "now" is an argument."""
