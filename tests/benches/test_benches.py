from .conftest import Bench

SHORT = ("--sizes", "360p", "--codecs", "h264", "--warm-up", "0.5", "--seconds", "2.5", "--clip-seconds", "4")


def test_peers_says_what_each_way_of_reading_costs_a_stream_and_how_many_times_ours_that_is(bench: Bench) -> None:
    found = bench("peers", *SHORT, "--peers", "pyav,ours", "--streams", "1", "--ours", "1,2")
    (case,) = found["cases"]
    rows = {row["name"]: row for row in case["consumers"]}
    assert rows.keys() == {"pyav", "ours"}
    for row in rows.values():
        assert row["pictures"] > 0
        assert row["cpu_ms_per_stream_s"] > 0
        assert row["rss_mib_per_stream"] >= row["pss_mib_per_stream"] > 0
    assert rows["ours"]["streams"] == 2
    assert "rss_mib_per_stream_marginal" in rows["ours"]
    assert case["ratios"]["pyav"].keys() == {"against", "cpu", "rss", "rss_marginal", "pss"}


def test_limit_says_what_a_keyframe_costs_and_its_parts_add_up(bench: Bench) -> None:
    found = bench("limit", *SHORT, "--streams", "4", "--bare-seconds", "0.2")
    (case,) = found["cases"]
    assert case["keyframes"] > 0
    assert case["libavcodec_ms"] > 0
    parts = sum(case[f"{part}_ms"] for part in ("read", "decode", "gate", "health", "rest"))
    assert abs(parts - case["ours_ms"]) < 0.01
    assert abs(case["ratio"] - case["ours_ms"] / case["libavcodec_ms"]) < 0.01


def test_pool_says_the_throughput_of_ours_and_of_the_bare_loop(bench: Bench) -> None:
    found = bench("pool", "--sessions", "1", "--rounds", "1", "--seconds", "0.3", "--pictures", "4")
    (run,) = found["runs"]
    assert found["pictures"] == 4
    assert run["bare_per_s"] > 0
    assert run["pool_per_s"] > 0
    assert run["ratio"] > 0


def test_zone_says_what_was_read_lost_and_looked_at_and_what_everything_cost(bench: Bench) -> None:
    found = bench("zone", "--terminals", "4", "--active", "0.25", "--seconds", "5", "--warm-up", "3",
                  "--clip-seconds", "4", "--no-page")  # fmt: skip
    (run,) = found["runs"]
    assert run["terminals"] == 4
    assert run["active"] == 1
    assert run["packets_received"] > 0
    assert run["packets_lost"] == 0
    assert run["keyframes_received"] >= 4
    assert 0 <= run["active_keyframes_looked_share"] <= 1
    assert run["shards"] >= 1
    assert run["cores"] > 0
    assert run["rss_mib"] >= run["pss_mib"] > 0
    stages = run["cpu_ms_per_terminal_s"]
    assert {"total", "read", "decode", "gate", "detect", "judge", "engine_and_page", "servers"} <= stages.keys()
