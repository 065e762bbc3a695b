import pytest

from outreach.sprints.times import day_text, span_html, span_text, span_there


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ("2022-12-02T17:00:00+00:00", "2022-12-02T20:00:00+00:00", "2 December 2022, 17:00 to 20:00 UTC"),
        ("2030-03-31T17:00:00-08:00", "2030-03-31T21:00:00-08:00", "1 April 2030, 01:00 to 05:00 UTC"),
        ("2030-04-07T01:00:00+13:00", "2030-04-07T04:00:00+12:00", "6 April 2030, 12:00 to 16:00 UTC"),
        (
            "2030-01-01T01:00:00+05:30",
            "2030-01-01T09:00:00+05:30",
            "31 December 2029, 19:30 UTC to 1 January 2030, 03:30 UTC",
        ),
        ("2030-02-28", "2030-03-01", "28 February 2030 to 1 March 2030"),
        ("2030-02-28", "2030-02-28", "28 February 2030"),
    ],
    ids=["utc", "los-angeles", "auckland-clock-change", "kolkata-over-midnight", "days", "one-day"],
)
def test_spans_are_in_utc(starts: str, ends: str, said: str) -> None:
    assert span_text(starts, ends) == said


@pytest.mark.parametrize(
    ("starts", "ends", "zone", "said"),
    [
        (
            "2030-03-31T09:00:00+02:00",
            "2030-03-31T17:00:00+02:00",
            "Europe/Rome",
            "31 March 2030, 09:00 to 17:00, Europe/Rome time (31 March 2030, 07:00 to 15:00 UTC)",
        ),
        (
            "2030-04-06T22:00:00+13:00",
            "2030-04-07T04:00:00+12:00",
            "Pacific/Auckland",
            (
                "6 April 2030, 22:00 to 7 April 2030, 04:00, Pacific/Auckland time "
                "(6 April 2030, 09:00 to 16:00 UTC)"
            ),
        ),
        ("2030-04-01T09:00:00Z", "2030-04-01T10:00:00Z", "UTC", "1 April 2030, 09:00 to 10:00 UTC"),
        ("2030-04-01T09:00:00Z", "2030-04-01T10:00:00Z", None, "1 April 2030, 09:00 to 10:00 UTC"),
        ("2030-02-28", "2030-02-28", "Europe/Rome", "28 February 2030"),
    ],
    ids=["Rome", "over the change in Auckland", "UTC", "no zone", "day"],
)
def test_paper_has_the_clock_of_the_place(starts: str, ends: str, zone: str | None, said: str) -> None:
    assert span_there(starts, ends, zone) == said


def test_dates_without_hours_are_not_marked_for_the_readers_zone() -> None:
    assert "data-bz-local" not in span_html("2030-02-28", "2030-03-01")
    assert span_html("2030-02-28T10:00:00+00:00", "2030-02-28T11:00:00+00:00").count("data-bz-local") == 2


@pytest.mark.parametrize(
    ("text", "said"), [("2022-11-01", "1 November 2022"), ("2022-03", "March 2022"), ("2019", "2019")]
)
def test_as_much_of_a_date_as_is_known(text: str, said: str) -> None:
    assert day_text(text) == said
