"""A small crawl made on the spot, so that every label can be seen without a network or data of one's own."""
