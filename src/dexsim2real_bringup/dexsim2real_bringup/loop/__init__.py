"""The whole loop as steps, each a command line, and the page that tells what came of it."""
