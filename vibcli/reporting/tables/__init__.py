"""What people read: records -> Rich tables that fit into 80 columns."""
