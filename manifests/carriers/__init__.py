"""Where each container carries a C2PA manifest store: one file a family, each with `walk(data) -> Presence`.

The places are those that c2pa-rs 0.91 looks at (`sdk/src/asset_handlers`, and C2PA 2.2, annex A.3). A walk never
decodes content and never reads a byte twice: it costs microseconds, or is bounded by a cap.
"""
