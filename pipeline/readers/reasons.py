"""The closed lists of slugs that readers and runs write: why a part of the input is no row, what a row went through.

Keys are sorted; a reader may only use what stands here, which a test holds against every reader's source.
"""

SKIPPED = {
    "arc": "the legacy ARC format, which is not read; convert it to WARC",
    "continuation": "a later segment of a WARC record that was split",
    "css": "a style sheet",
    "duplicate-input": "the same input was named before and is read once",
    "empty": "no bytes, so nothing to judge",
    "font": "a font",
    "hidden-file": "a name that starts with a dot, as tools and systems leave them",
    "http-status": "an HTTP response whose status is not in read.statuses",
    "javascript": "a script",
    "metadata": "what a crawler noted about itself or a fetch",
    "not-a-file": "a link, device, socket or other entry without content of its own",
    "not-http": "a WARC response of another protocol, such as a DNS answer",
    "not-sampled": "a record outside the share that --sample takes",
    "output-of-a-run": "a folder below an input that a run of this program wrote; name it itself to read it",
    "redirect": "an HTTP response with a 3xx status",
    "request": "a WARC request: what the crawler sent",
    "revisit": "a WARC revisit: the content was captured before and is not repeated",
    "sidecar-without-content": "a .c2pa file without the file that it vouches for",
    "structured-data": "JSON, XML, CSV, a feed or other data written for programs; tables are read as Parquet or JSON Lines",
    "unknown-record": "a WARC record of a type that the standard does not name",
    "unknown-type": "neither text nor media that is understood",
    "unused-part": "a part of a sample that is neither its content nor its caption nor its metadata",
    "warcinfo": "a WARC file's description of itself",
}

UNREADABLE = {
    "cannot-be-read": "the storage gave an error",
    "corrupt-row-group": "the row group that holds the row cannot be decoded",
    "decompression-bomb": "a compressed body that expands more than any real one",
    "invalid-base64": "the column mapped to raw does not hold base64",
    "invalid-encoding": "a compressed part cannot be decompressed",
    "invalid-http": "a WARC response that does not begin with an HTTP status and headers",
    "invalid-json": "the line is no JSON",
    "invalid-record": "no WARC record could be read at this place, or its length does not fit",
    "invalid-unicode": "a nested string is no UTF-8",
    "not-an-object": "the line is JSON, but no object",
    "parse-failed": "the parser failed on the document",
    "permission-denied": "the system does not let this user read it",
    "short-body": "an HTTP body shorter than its Content-Length, not declared as truncated",
    "too-deep": "nested deeper than is followed",
    "too-large": "larger than the configured cap for its kind",
    "too-many-parts": "more parts under one key than a sample is allowed",
    "truncated": "the input ends in the middle of it",
    "vanished": "it was there when the run was planned and is no more",
    "wrong-digest": "the bytes are not those that the WARC digest was made of",
    "wrong-type": "a mapped key holds another type than its part needs",
}

NOTES = {
    "carrier-removed": "invisible characters that carried a manifest were removed from the text; prov_sha256 is of the text before",
    "charset-guessed": "no charset was declared that fits, so the text was decoded by what the bytes look like",
    "duplicate-id": "a record with this id came before it in the same unit; prov_source and prov_offset tell them apart",
    "main-content-skipped": "the page is nested or tagged so that parsing could cost too much, so its text is all there is between the tags",
    "media-by-path": "the media is named by a path and not held in the data, so nothing looked at it",
    "media-unmapped": "a column holds media and none is mapped to raw (read.columns.raw), so nothing looked at it",
    "metadata-unreadable": "the metadata beside the media is no JSON object, so nothing was taken from it",
    "model-not-asked": "decided again by a policy that leaves it open, and no model was asked, because the policy of the run had decided it",
    "non-finite-replaced": "NaN or an infinity, which JSON does not have, was replaced by null",
    "place-guessed": "found again after damage in its file, so it may stand in the body of another record: its date does not count",
    "reencoded": "a tool encoded the media anew: metadata, credentials and marks are lost, and their absence proves nothing",
    "sidecar-unreadable": "a C2PA sidecar is there and could not be read, so what it says is missing",
    "time-unreadable": "the column declared as capture time holds something that is no time",
    "truncated": "a size cap was applied, or the record was cut when it was captured or sent",
    "unicode-replaced": "bytes or code units that are no Unicode were replaced by U+FFFD",
}

REJECTED = {
    "label": "its label is not among those to keep (`keep`)",
    "opt-out": "it asks not to be trained on (`prov_opt_out` says how), and `opt_out` is reject",
}
