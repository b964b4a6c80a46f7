"""Keyed text watermarks: the schemes, their random numbers, exact tails, keys and tokenizers; none needs torch."""
