"""The page of compatibility says what the record of the tests says."""

from compatibility import PAGE, page


def test_the_page_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(), "python3 tests/interop/compatibility.py writes it anew"
