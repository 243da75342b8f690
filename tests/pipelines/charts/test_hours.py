"""Hours as bars: peaks shaded, failures marked, few names below."""

from pipelines.charts import Hour, hour_bars
from tests.pipelines.charts.drawings import by_class, parsed, texts


def test_hours_are_bars_with_peaks_shaded_and_failures_marked():
    hours = [Hour(f"{hour:02d}:00", hour, failed=int(hour == 20), is_peak=18 <= hour < 22) for hour in range(24)]
    figure = hour_bars(hours, title="23 of 24 went through", description="One failed.")
    root = parsed(figure.svg)
    bars = by_class(root, "bar")
    assert len(bars) == 24 and len(by_class(root, "band")) == 1 and len(by_class(root, "alert")) == 1
    heights = [float(bar.get("height")) for bar in bars]
    assert heights == sorted(heights) and heights[0] == 0
    assert figure.table_rows[20] == ("20:00", "20", "1") and texts(root)[-1] == "now"


def test_an_empty_day_is_drawn_too():
    hour_bars([Hour("00:00", 0)] * 24, title="Nothing", description="")


def test_an_empty_day_has_a_scale_and_bars_without_height():
    root = parsed(hour_bars([Hour("00:00", 0)] * 24, title="Nothing", description="").svg)
    assert {bar.get("height") for bar in by_class(root, "bar")} == {"0"}
    assert texts(root)[:2] == ["0", "1"]


def test_every_third_hour_is_named_and_half_of_them_only_where_there_is_room():
    root = parsed(hour_bars([Hour(f"{at:02d}:00", 1) for at in range(24)], title="T", description="D").svg)
    named = {text.text: text.get("class") for text in root.iter("text") if ":" in text.text}
    assert list(named) == ["02:00", "05:00", "08:00", "11:00", "14:00", "17:00", "20:00"]
    assert named["02:00"] == "opt" and named["05:00"] is None


def test_two_peaks_are_two_bands_as_wide_as_their_hours():
    hours = [Hour("", 1, is_peak=at in (0, 1, 10)) for at in range(20)]
    bands = by_class(parsed(hour_bars(hours, title="T", description="D").svg), "band")
    assert [(band.get("x"), band.get("width")) for band in bands] == [("0.00%", "10.00%"), ("50.00%", "5.00%")]


def test_what_is_counted_is_named_everywhere():
    figure = hour_bars([Hour("00:00", 1_234, failed=2)], title="T", description="D", what="Orders")
    assert figure.table_head == ("Hour", "Orders", "Failed") and figure.table_rows == (("00:00", "1,234", "2"),)
    (bars,) = figure.plotly["data"]
    assert (bars["name"], bars["x"], bars["y"]) == ("Orders", ["00:00"], [1_234])
    assert parsed(figure.svg).get("aria-label").startswith("Orders per hour")
