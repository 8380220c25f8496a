"""From signals to incidents, from incidents to cases, and what is to be done about a case; pure decisions."""
