"""What an evaluation means, for people: a report, plots, the cost of each modality, reasons in words."""
