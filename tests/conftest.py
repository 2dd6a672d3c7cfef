"""What holds for every test."""

import signal

# A shell that starts this in the background has SIGINT ignored, and so would every process that the
# tests start and then interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
