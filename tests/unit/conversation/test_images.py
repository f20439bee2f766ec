"""Which pictures are accepted, how many fit, and how they are told."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.conversation.models.images import TOTAL_CHARS_MAX, Image, accepted, content, fitting, image_rows, stored_images, with_mentions
from services.runtime.errors import InvalidField

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()
CAT = Image("https://cdn.example.org/cat.jpg", "image/jpeg", "a cat")


def test_https_and_data_addresses_are_accepted_and_a_data_address_tells_its_type():
    assert accepted([CAT, Image(PNG, "")]) == (CAT, Image(PNG, "image/png"))


@pytest.mark.parametrize(
    ("image", "field"),
    [
        (Image("http://cdn.example.org/cat.jpg", "image/jpeg"), "images[0].url"),
        (Image("file:///etc/passwd", "image/png"), "images[0].url"),
        (Image("https://localhost/x.png", "image/png"), "images[0].url"),
        (Image("https://127.0.0.1/x.png", "image/png"), "images[0].url"),
        (Image("https://127.1/x.png", "image/png"), "images[0].url"),
        (Image("https://0x7f.0.0.1/x.png", "image/png"), "images[0].url"),
        (Image("https://[::1]/x.png", "image/png"), "images[0].url"),
        (Image("https://db.internal/x.png", "image/png"), "images[0].url"),
        (Image("https://user:secret@example.org/x.png", "image/png"), "images[0].url"),
        (Image("https://example.org:99999/x.png", "image/png"), "images[0].url"),
        (Image("https://[broken/x.png", "image/png"), "images[0].url"),
        (Image("https://example.org/x.svg", "image/svg+xml"), "images[0].media_type"),
        (Image("https://example.org/x.png", ""), "images[0].media_type"),
        (Image("data:image/png,plain", "image/png"), "images[0].url"),
        (Image("data:image/png;base64", "image/png"), "images[0].url"),
        (Image("data:image/png;base64,@@@@", "image/png"), "images[0].url"),
        (Image("data:image/png;base64,ü", "image/png"), "images[0].url"),
        (Image("data:image/png;base64,aGVsbG8=", "image/png"), "images[0].url"),
        (Image("data:text/html;base64,aGVsbG8=", ""), "images[0].media_type"),
        (Image(PNG, "image/jpeg"), "images[0].media_type"),
    ],
)
def test_a_picture_that_breaks_a_rule_is_refused_with_the_name_of_its_field(image, field):
    with pytest.raises(InvalidField) as refused:
        accepted([image])
    assert refused.value.field == field


def test_pictures_that_are_too_large_together_are_refused():
    large = Image(PNG[:-4] + "AAAA" * (TOTAL_CHARS_MAX // 8), "")
    assert len(accepted([large])) == 1
    with pytest.raises(InvalidField) as refused:
        accepted([large, large, large], "message.images")
    assert refused.value.field == "message.images"


def test_a_model_that_cannot_see_is_told_in_words():
    assert content("look", [CAT, Image(PNG, "image/png")], sees=False) == "look\n[picture: a cat] [picture]"
    assert content("look", [], sees=False) == content("look", [], sees=True) == "look"


def test_a_model_that_sees_is_shown_pictures_after_the_words_and_told_whose_an_earlier_one_is():
    earlier = Image(PNG, "image/png", author_name='Bob"<x>')
    parts = content("look", [earlier, CAT], sees=True)
    assert [part["type"] for part in parts] == ["text", "text", "image_url", "text", "image_url"]
    assert parts[1]["text"] == "A picture of an earlier message, by Bobx:"
    assert parts[-1]["image_url"]["url"] == CAT.url
    assert [part["type"] for part in content("look", [CAT], sees=True)] == ["text", "image_url"]


def test_the_messages_own_pictures_go_before_earlier_ones_and_what_is_left_out_is_told():
    earlier = [Image(PNG, "image/png", author_name=name) for name in ("newest", "older")]
    shown = fitting([CAT], earlier, tokens_each=1000, budget_tokens=4000)
    assert [image.author_name for image in shown.images] == ["newest", ""]
    assert shown.told == ("1 picture",)
    assert shown.without_images().told == ("3 pictures",)
    assert [image.author_name for image in fitting([CAT], earlier, tokens_each=1000, budget_tokens=6000).images] == ["older", "newest", ""]


@given(st.integers(0, 10), st.integers(0, 10), st.integers(0, 2000), st.integers(0, 10**5))
def test_pictures_never_take_more_than_their_share_and_all_are_accounted_for(own, earlier, tokens_each, budget):
    shown = fitting([CAT] * own, [CAT] * earlier, tokens_each=tokens_each, budget_tokens=budget)
    assert len(shown.images) * tokens_each <= budget / 2
    assert len(shown.images) + shown.left_out == own + earlier
    assert bool(shown.told) == bool(shown.left_out)


def test_what_is_stored_comes_back_as_it_was():
    assert stored_images(image_rows([CAT])) == (CAT,)
    assert stored_images(None) == ()


def test_a_description_is_one_line():
    assert with_mentions("x", [Image(PNG, "image/png", "two\nlines")]) == "x\n[picture: two lines]"
