"""What files say about themselves: EXIF, XMP, IPTC and the text fields of each container.

One file a container or a vocabulary. A walker follows the structure of its container, decodes what is text, and says
where it stands; it decodes no pixels and no sound, and every count, length and depth in it is capped.
`docs/metadata-containers.md` says which places are read, and why the walkers are our own.
"""
