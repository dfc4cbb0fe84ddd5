"""Messages leave no faster than Telegram takes them; nobody sleeps in these tests."""

from __future__ import annotations

from bot.channels.telegram.backoff import Backoff
from bot.channels.telegram.pacing import Bucket, Pace


def departures(pace: Pace, chats: list[str], start: float = 100.0) -> list[float]:
    """When each message leaves if all are there at the start."""
    times = []
    for chat in chats:
        wait = pace.wait(chat, start)
        pace.take(chat, start)
        times.append(start + wait)
    return times


def test_a_bucket_gives_its_burst_at_once_and_then_one_at_a_time() -> None:
    bucket = Bucket(per_second=2, burst=3)
    waits = []
    for _ in range(5):
        waits.append(bucket.wait(10))
        bucket.take(10)
    assert waits == [0, 0, 0, 0.5, 1.0]


def test_a_bucket_fills_up_again_but_not_beyond_its_burst() -> None:
    bucket = Bucket(per_second=1, burst=2, full_at=5)
    bucket.take(1000)
    bucket.take(1000)
    assert bucket.wait(1000) == 1


def test_one_person_gets_one_message_a_second_after_a_small_burst() -> None:
    times = departures(Pace(30, 20), ["7"] * 8)
    assert [round(t - 100) for t in times] == [0, 0, 0, 1, 2, 3, 4, 5]


def test_a_group_gets_no_more_than_its_number_a_minute_after_the_burst() -> None:
    times = departures(Pace(30, 20), ["-100500"] * 30)
    in_a_minute = [t for t in times if 110 <= t < 170]
    assert len(in_a_minute) == 20


def test_all_together_stay_within_thirty_a_second() -> None:
    times = departures(Pace(30, 20), [str(n) for n in range(1, 121)])
    for second in range(101, 104):
        assert len([t for t in times if second <= t < second + 0.999]) <= 30


def test_a_busy_chat_does_not_hold_up_another() -> None:
    pace = Pace(30, 20)
    departures(pace, ["7"] * 20)
    assert pace.wait("8", 100) == 0


def test_a_429_holds_its_chat_alone() -> None:
    pace = Pace(30, 20)
    pace.hold("7", until=130, now=100)
    assert (pace.wait("7", 100), pace.wait("8", 100), pace.held("7", 131)) == (30, 0, 0)


def test_429s_for_chats_that_kept_their_rate_hold_everything() -> None:
    pace = Pace(30, 20)
    departures(pace, ["7", "8"])
    pace.hold("7", until=130, now=100)
    pace.hold("8", until=120, now=100)
    assert (pace.wait("9", 100), pace.wait("9", 131)) == (30, 0)


def test_429s_after_bursts_hold_only_their_chats() -> None:
    pace = Pace(30, 20)
    departures(pace, ["7"] * 3 + ["8"] * 3)
    pace.hold("7", until=130, now=100)
    pace.hold("8", until=130, now=100)
    assert pace.wait("9", 100) == 0


def test_the_table_of_chats_does_not_grow_for_ever() -> None:
    pace = Pace(1_000_000, 20)
    for number in range(10_000):
        pace.take(str(number), now=number * 10.0)
    assert len(pace._chats) < 5000


def test_waiting_doubles_to_a_cap_and_starts_again_after_success() -> None:
    backoff = Backoff(random=lambda: 1.0, first=1, cap=10)
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 1


def test_waiting_is_never_less_than_half() -> None:
    assert Backoff(random=lambda: 0.0, first=4).next() == 2
