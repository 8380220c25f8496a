"""The second stage that the site teaches: crops that people marked, embedded, and a linear classifier over them."""
