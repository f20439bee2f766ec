"""What people can ask for without the model: found in their words, and answered from the stores."""
