"""What users did, and who they are."""
