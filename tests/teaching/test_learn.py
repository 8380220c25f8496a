import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fusion.teaching.fit import TooEarly, classes_of
from fusion.teaching.learn import Learnt, switch
from fusion.teaching.outcome import outcome_of
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.report import write_report
from fusion.teaching.shelf import Shelf

from .crops import CARS, CHATS, STALLS, crops_of, keep

Learn = Callable[[Path, Shelf], Learnt]


def test_with_under_thirty_examples_it_is_too_early_and_says_which_class_has_how_many(
    tmp_path: Path, learn: Learn
) -> None:
    keep(tmp_path, "stall", crops_of(STALLS, "stall"), 29)
    keep(tmp_path, "chat", crops_of(CHATS, "chat"), 12)
    with pytest.raises(TooEarly, match=r"too early to learn: marked so far: stall 29, chat 12; wanted: 30 of"):
        learn(tmp_path, Shelf(tmp_path / "teaching"))


def test_thirty_examples_of_one_place_are_too_early_too() -> None:
    words, groups = ["stall"] * 30 + ["chat"] * 30, ["T-1 2026-11-24"] * 30 + [f"T-{n}" for n in range(30)]
    with pytest.raises(TooEarly, match="each from 3 terminals or days"):
        classes_of(words, groups)


def test_rare_reasons_are_put_together_and_rare_right_ones_left_out() -> None:
    words = ["stall"] * 30 + ["rubbish"] * 5 + ["chat"] * 16 + ["shadow"] * 14
    classes, said = classes_of(words, [f"T-{n}" for n in range(len(words))])
    assert classes == ["stall"] * 30 + [None] * 5 + ["other"] * 30
    assert said[0] == "rubbish: 5 of 30, not taught yet"
    assert "chat 16, shadow 14; put together as other" in said[1]


def test_what_tells_right_from_false_is_switched_on(learnt: Learnt, shelf: Shelf) -> None:
    assert learnt.classifier.classes == ("chat", "parked_car", "stall")
    assert learnt.comparison.against is None
    assert learnt.comparison.log_loss_change.high < 0
    assert switch(learnt, shelf) == ("v1", True)
    assert shelf.choice().version == "v1"


def test_one_that_would_lose_more_than_one_right_signal_in_fifty_is_not_better(learnt: Learnt) -> None:
    found = learnt.comparison
    assert (found.outcome.right, found.outcome.right_lost) == (30, 0)
    assert found.outcome.false_spared > 30
    assert replace(found, outcome=replace(found.outcome, right=50, right_lost=1)).better
    assert not replace(found, outcome=replace(found.outcome, right=50, right_lost=2)).better


def test_what_clear_rejections_do_is_counted_by_what_people_said() -> None:
    words, classes = ["stall", "stall", "chat", "chat", "rubbish"], ("chat", "rubbish", "stall")
    shares = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.0, 1.0, 0.0]])
    found = outcome_of(words, classes, (40, 40, 40), shares, SecondStagePolicy())
    assert (found.right, found.right_lost, found.false, found.false_spared) == (3, 1, 2, 1)
    assert not found.safe


def test_every_crop_is_judged_by_a_fit_that_had_not_seen_its_terminal(learnt: Learnt) -> None:
    assert learnt.classifier.validation["held_out_by"] == "terminal"
    assert set(learnt.classifier.held_out) == {example.sha256 for example in learnt.examples}


def test_marks_that_mean_nothing_are_not_switched_on(tmp_path: Path, learn: Learn, shelf: Shelf) -> None:
    cars = [one for clip in (CARS, CHATS, STALLS) for one in crops_of(clip, "parked_car")]
    mixed = [cars[index] for index in np.random.default_rng(3).permutation(len(cars))]
    assert len(mixed) >= 60
    keep(tmp_path, "stall", mixed[:30], 30)
    keep(tmp_path, "parked_car", mixed[30:60], 30)
    found = learn(tmp_path, shelf)
    assert not found.comparison.better
    assert switch(found, shelf) == ("v1", False)
    assert shelf.choice().version is None


def test_one_that_is_no_better_than_the_one_in_use_does_not_take_its_place(
    learnt: Learnt, marked: Path, learn: Learn, shelf: Shelf
) -> None:
    switch(learnt, shelf)
    again = learn(marked, shelf)
    assert again.comparison.against == "v1"
    assert again.comparison.log_loss_change.value == pytest.approx(0, abs=1e-4)
    assert switch(again, shelf) == ("v2", False)
    assert shelf.choice().version == "v1"


def test_one_that_is_better_than_the_one_in_use_takes_its_place(
    learnt: Learnt, marked: Path, learn: Learn, shelf: Shelf
) -> None:
    good = learnt.classifier
    # In use: one that was taught with marks the wrong way round, of the same crops.
    wrong = {sha256: tuple(reversed(shares)) for sha256, shares in good.held_out.items()}
    shelf.put(replace(good, weights=good.weights[::-1].copy(), intercept=good.intercept[::-1].copy(), held_out=wrong))
    shelf.use("v1", good.backbone)
    found = learn(marked, shelf)
    assert found.comparison.against == "v1"
    assert found.comparison.balanced_accuracy_before.value < found.comparison.balanced_accuracy.value
    assert switch(found, shelf) == ("v2", True)


def test_what_a_person_switched_off_stays_off_however_good_the_next_one_is(learnt: Learnt, shelf: Shelf) -> None:
    shelf.off()
    assert switch(learnt, shelf) == ("v1", False)
    assert shelf.choice().version is None


def test_the_same_marks_give_the_same_weights(learnt: Learnt, marked: Path, learn: Learn, tmp_path: Path) -> None:
    again = learn(marked, Shelf(tmp_path))
    assert np.array_equal(again.classifier.weights, learnt.classifier.weights)
    assert again.classifier.data_sha256 == learnt.classifier.data_sha256


def test_the_report_shows_figures_and_is_for_the_owner_alone(learnt: Learnt, tmp_path: Path) -> None:
    write_report(tmp_path / "report", learnt, "v1", used=True)
    facts = msgspec.json.decode((tmp_path / "report" / "report.json").read_bytes())
    page = (tmp_path / "report" / "report.html").read_text()
    assert facts["version"] == "v1"
    assert facts["comparison"]["better"] is True
    assert facts["taken_for"]["stall"]["stall"] + facts["taken_for"]["stall"]["chat"] <= 30
    assert "优于现用版本" in page
    assert "摆摊经营" in page
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "report").iterdir())


def test_using_a_classifier_needs_no_scikit_learn_and_learning_says_how_to_install_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import numpy as np\n"
        "from fusion.pipeline import second_stage\n"
        "from fusion.teaching.fit import fit\n"
        "fit(np.zeros((2, 3), np.float32), ['stall', 'chat'], ['a', 'b'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stderr.strip().splitlines()[-1].endswith("wanted: the extra `learn`: pip install 'fusion[learn]'")
