"""The proof that Swiftlet and Keras read each other's files, predict and train alike."""
