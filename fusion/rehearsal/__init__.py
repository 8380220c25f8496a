"""The whole engine on a fleet of clips and simulated phones, compared with the clips' truth."""
