"""The road from a commit to the cluster, as GitLab would go it."""
