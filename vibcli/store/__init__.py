"""The only owner of the results folder: paths, records, writing, finding."""
