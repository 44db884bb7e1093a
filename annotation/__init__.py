"""People and documents: review, agreement, adjudication, Label Studio, gold sets, and the app's tabs."""
