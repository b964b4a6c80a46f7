"""Start tags that are read where a search points, and the parts of a page that hold none."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.html_tags import MAX_TAG, hidden_ranges, is_hidden, tag_around

PAGE = b"<p>a < b<A HREF=\"x?a=1&amp;b=2\" class='one two' data-end=3 hidden>text</a>"


def test_a_tag_is_read_from_any_of_its_bytes_but_not_from_the_text_around_it() -> None:
    start, end = PAGE.index(b"<A"), PAGE.index(b">text") + 1
    found = {place for place in range(len(PAGE)) if (tag := tag_around(PAGE, place)) and tag.name == b"a"}
    assert found == set(range(start, end - 1))


def test_attributes_have_lower_case_names_and_values_without_references() -> None:
    tag = tag_around(PAGE, PAGE.index(b"HREF"))
    assert tag is not None
    assert tag.value(b"href") == "x?a=1&b=2"
    assert tag.value(b"class") == "one two"
    assert tag.value(b"data-end") == "3"
    assert tag.value(b"hidden") == ""
    assert tag.value(b"absent") is None


def test_what_never_closes_and_what_is_longer_than_any_tag_is_none() -> None:
    assert tag_around(b'<p data-x="1', 5) is None
    assert tag_around(b"<p " + b"x" * MAX_TAG + b">", 4) is None
    assert tag_around(b"no tag at all", 4) is None
    assert tag_around(b"", 0) is None


def test_comments_scripts_and_text_areas_hide_what_is_in_them() -> None:
    page = b"<p>1<!-- 2 --><p>3<script>4</script><p>5<TEXTAREA>6</TEXTAREA><title>7</title><p>8<style>9"
    hidden = hidden_ranges(page)
    shown = [digit for digit in b"123456789" if not is_hidden(hidden, page.index(digit))]
    assert bytes(shown) == b"1358"


def test_a_script_that_holds_a_comment_ends_where_it_ends() -> None:
    page = b"<script><!-- a </script><p>b<!-- <script> --><p>c"
    hidden = hidden_ranges(page)
    assert is_hidden(hidden, page.index(b" a "))
    assert not is_hidden(hidden, page.index(b"<p>b"))
    assert not is_hidden(hidden, page.index(b"<p>c"))


@given(st.lists(st.sampled_from([b"<", b">", b"<!--", b"-->", b"<script>", b"</script>", b'"', b"p a=1", b"\xff"])))
def test_no_bytes_break_it_and_ranges_ascend(parts: list[bytes]) -> None:
    page = b"".join(parts)
    ranges = hidden_ranges(page)
    assert all(start <= end <= len(page) for start, end in ranges)
    assert all(first[1] <= second[0] for first, second in pairwise(ranges))
    for place in range(len(page)):
        tag = tag_around(page, place)
        assert tag is None or tag.start <= place < tag.end
