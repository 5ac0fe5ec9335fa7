"""The dump file: its format, its writer, its reader."""
