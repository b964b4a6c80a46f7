"""The texts and pages of the demo; long enough that a text detector could say something about them."""

BREAD = """
My grandmother baked on Fridays, and by noon the whole stairwell knew it. She kept the starter in a jar with a cracked
lid, fed it when she remembered, and never once weighed the flour.

What I know of her recipe fits on a postcard. Rye and wheat in equal parts, water as warm as your wrist, salt only after
the first hour. Let the dough sulk under a towel until it stops sticking to your knuckles.

The oven was the hard part. Hers had two settings, off and furnace, so the loaf went in on a cold tray and came out when
it sounded like a door. Mine has a dial, and I still knock on the crust and listen.
"""
TIDES = """
The harbour gauge at the old pier was read by hand until the spring of 1987, twice a day, by whoever had the keys. The
notebooks survive, most of them, in a damp cupboard behind the sailing club.

We spent four winters typing them in. Ink runs, sevens look like ones, and somebody with beautiful handwriting was wrong
by exactly one foot for the whole of 1961, which is how we learned that the board had been moved.

The corrected series is below, with our doubts in the last column. If your family kept a tide diary, even a short one,
please write to us before you throw it away.
"""
KITCHENS = """
Transform your kitchen into a culinary haven with these ten innovative ideas. From sleek minimalist counters to cosy
rustic accents, there is something here for every home and every budget.

First and foremost, consider lighting. Layered lighting not only enhances functionality but also creates a warm and
inviting atmosphere. Pair pendant lamps with under-cabinet strips for a harmonious balance of form and function.

In conclusion, a thoughtful kitchen is more than just a place to cook. It is the heart of the home, where memories are
made, stories are shared, and every meal becomes a celebration of what matters most.
"""
LETTER = """
Dear Ada, the boat is finally out of the water, and you were right about the third plank. Tom put his thumb through it.
We have until the frost to replace two of them and caulk the rest, and I have found larch at the yard in Millbrook that
a man was keeping for a staircase. He wanted to know what it was for, and when I told him he took ten off the price and
asked whether he could come and watch. Come for a weekend if you can get away. Bring gloves.
"""
STORY = """
The lighthouse keeper had counted every wave for thirty years, and on the last night he lost his place. He did not begin
again. He opened the window, and the sea, which had been waiting to be noticed rather than numbered, came up the rocks
and told him everything it had been meaning to say. In the morning the lamp was still burning, and the ledger lay open
on a blank page with a single line of salt across it.
"""
NOTE = "Back in ten minutes, the key is under the usual stone."


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each on one line."""
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]


def page(title: str, text: str) -> bytes:
    """An article with the navigation and the footer that every page has around it."""
    body = "\n".join(f"      <p>{paragraph}</p>" for paragraph in paragraphs(text))
    return f"""<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{title}</title>
  </head>
  <body>
    <nav><a href="/">Home</a> <a href="/archive">Archive</a> <a href="/about">About</a></nav>
    <article>
      <h1>{title}</h1>
{body}
    </article>
    <footer>All pages of this site were made for a demonstration.</footer>
  </body>
</html>
""".encode()
