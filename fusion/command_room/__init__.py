"""The command room 综合指挥室: a page and a REST API over a `Backend`; it holds no state of cases itself."""
