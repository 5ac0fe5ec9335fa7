"""Making a dumped iteration smaller while its producer stays the same; one idea a file."""
