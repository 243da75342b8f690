"""The small parts of the smoke run; the run itself is in test_demo.py."""

import pytest

from pipelines.ops import smoke


def test_waiting_ends_with_what_did_not_happen() -> None:
    with pytest.raises(smoke.SmokeFailed, match="After 0 seconds nothing came"):
        smoke.wait(lambda: None, 0, "nothing came")


def test_a_form_is_read_with_the_values_it_carries() -> None:
    page = '<form action="/a"><input name="x" value="1"></form><form action="/b"><input name="y"></form>'
    assert smoke.Forms(page).found == {"/a": {"x": "1"}, "/b": {"y": ""}}


def test_what_a_person_may_change_in_a_form_is_read_apart() -> None:
    page = '<s-select name="q"></s-select><form action="/a"><input name="x" value="1"><s-select name="way" value="ab">'
    forms = smoke.Forms(page)
    assert forms.forms == [smoke.Form("/a", {"x": "1"}, {"way": "ab"})]
