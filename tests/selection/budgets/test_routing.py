"""Budgets asked of a real store: 1,000 tokens an answer at .1, 1 and 10 dollars a million."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from recommendable import fill

from evaluation.errors import ConfigurationError, SelectionError, StoreError
from evaluation.store.session import open_store
from selection import BudgetRouter, Constraints, cheapest_share, cost_quality, recommend, route
from selection.budgets.expectations import field_of
from selection.importing import import_scoreboard
from selection.recommender.registry import close_recommenders, recommender_of
from selection.recommender.view import View
from selection.scoreboard import Deviations

SMALL, MIDDLE, LARGE = 0.0001, 0.001, 0.01


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("budgets") / "store.db"
    with open_store(str(path)) as store:
        fill(store)
    yield path
    close_recommenders()


@pytest.fixture
def with_a_model(path, monkeypatch):
    view = recommender_of(path).view()
    changed = View(scoreboard=view.scoreboard, champion=Knowing(view), champion_id="1", stamp=view.stamp)
    monkeypatch.setattr(recommender_of(path), "view", lambda: changed)


class Knowing:
    """A model by which only prompts with `hard` in them need a dear candidate."""

    version = "knowing 1"

    def __init__(self, view):
        self.mean = view.scoreboard.standings["summarization"].quality

    def deviations(self, task, prompt, keys):
        wanted = self.mean if "hard" in prompt else np.full(len(keys), self.mean.max())
        return Deviations(value=wanted - self.mean, se=np.zeros(len(keys)))


def test_a_budget_for_all_gets_the_best_and_a_small_one_the_cheapest(path):
    rich = route(10, budget_usd=1.0, task="summarization", store=path)
    assert ((("large:1b", 10),), pytest.approx(10 * LARGE)) == (rich.shares, rich.cost_usd)
    poor = route(10, budget_usd=10 * SMALL, task="summarization", store=path)
    assert (("small:1b", 10),) == poor.shares


def test_between_them_it_is_shared_out_and_kept(path):
    found = route(100, budget_usd=0.3, task="summarization", store=path)
    assert found.cost_usd <= 0.3 + 1e-9
    assert found.cost_usd > 0.3 - LARGE
    assert {"large:1b", "middle:1b"} == {label for label, _ in found.shares}
    assert 100 == len(found.routed)
    assert found.quality == pytest.approx(np.mean([one.quality for one in found.routed]))


def test_too_small_a_budget_is_refused_with_what_is_needed(path):
    with pytest.raises(SelectionError, match="not enough for 100 prompts"):
        route(100, budget_usd=0.001, task="summarization", store=path)


def test_what_an_absurd_model_expects_is_no_more_than_a_quality_can_be(path, with_a_model, monkeypatch):
    absurd = Deviations(value=np.full(3, 7.0), se=np.zeros(3))
    monkeypatch.setattr(Knowing, "deviations", lambda *_: absurd)
    assert 1.0 == route(["one", "two"], budget_usd=1.0, task="summarization", store=path).quality


def test_a_model_sends_the_money_where_it_is_worth_it(path, with_a_model):
    prompts = [f"{'hard' if i % 5 == 0 else 'easy'} {i}" for i in range(50)]
    found = route(prompts, budget_usd=10 * LARGE + 40 * SMALL, task="summarization", store=path)
    names = [one.candidate.model for one in found.routed]
    assert ["large:1b" if i % 5 == 0 else "small:1b" for i in range(50)] == names


def test_constraints_hold_for_every_prompt(path):
    slow = Constraints(max_latency_s=2.0)
    found = route(20, budget_usd=5.0, task="summarization", constraints=slow, store=path)
    assert (("middle:1b", 20),) == found.shares


def test_the_curve_of_a_store_is_that_of_its_candidates(path):
    found = cost_quality(task="summarization", store=path)
    assert [SMALL, MIDDLE, LARGE] == pytest.approx([one.cost_usd for one in found.singles])
    assert found.hull[0].cost_usd == pytest.approx(SMALL)
    assert found.hull[-1].cost_usd == pytest.approx(LARGE)
    assert found.hull[0].quality < found.aiq < found.hull[-1].quality


def test_most_of_the_quality_at_a_share_of_the_cost(path):
    blind = cheapest_share(0.95, task="summarization", store=path)
    assert "large:1b" == blind.best
    assert 0.5 < blind.share_of_cost < 1


def test_a_model_makes_the_same_quality_cheaper(path, with_a_model):
    prompts = [f"{'hard' if i % 5 == 0 else 'easy'} {i}" for i in range(50)]
    found = cheapest_share(1.0, prompts=prompts, task="summarization", store=path)
    assert (0.2 * LARGE + 0.8 * SMALL) / LARGE == pytest.approx(found.share_of_cost)


def test_a_stream_keeps_its_budget(path):
    router = BudgetRouter(0.3, n_prompts=100, task="summarization", store=path)
    found = [router.route() for _ in range(100)]
    assert sum(one.cost_usd for one in found) <= 0.3 + 1e-12
    assert 0.3 - sum(one.cost_usd for one in found) == pytest.approx(router.left_usd)
    assert router.left_usd < LARGE


def test_a_stream_knows_from_measured_prompts_that_better_uses_of_its_money_will_come(path, with_a_model, monkeypatch):
    view = recommender_of(path).view()
    mean, keys = view.scoreboard.standings["summarization"].quality, view.scoreboard.candidates
    monkeypatch.setattr(view.champion, "deviations", rather_easy_or_hard(mean, len(keys)))
    monkeypatch.setattr(
        recommender_of(path).book, "prompts", lambda **_: ("hard 1", "rather easy 1", "hard 2", "easy 2")
    )
    router = BudgetRouter(2 * LARGE + 8 * MIDDLE, n_prompts=10, task="summarization", store=path)
    named = [router.route(f"{'rather easy' if i < 5 else 'hard'} {i}").candidate.label for i in range(10)]
    assert "large:1b" not in named[:5]
    assert 2 == named[5:].count("large:1b")


def rather_easy_or_hard(mean, n):
    """Deviations by which a dear candidate is of some use on any prompt, and of much on a hard one."""

    def deviations(task, prompt, keys):
        wanted = mean if "hard" in prompt else mean.max() - 0.2 * (mean.max() - mean)
        return Deviations(value=wanted - mean, se=np.zeros(n))

    return deviations


def test_without_the_store_a_stream_begins_with_what_comes(path, with_a_model, monkeypatch):
    def away(**_):
        raise StoreError("the store is away", "Wait for it.")

    monkeypatch.setattr(recommender_of(path).book, "prompts", away)
    assert "small:1b" == BudgetRouter(0.1, n_prompts=9, task="summarization", store=path).route("easy").candidate.label


def test_a_stream_from_many_threads_keeps_its_budget(path):
    router = BudgetRouter(0.2, n_prompts=400, task="summarization", store=path)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: router.route(f"prompt {i}"), range(400)))
    assert sum(one.cost_usd for one in found) <= 0.2 + 1e-12


def test_what_answers_really_cost_is_settled(path):
    router = BudgetRouter(1.0, n_prompts=100, task="summarization", store=path)
    routed = router.route("one")
    left = router.left_usd
    router.settle(routed, 2 * routed.cost_usd)
    assert left - routed.cost_usd == pytest.approx(router.left_usd)
    with pytest.raises(ConfigurationError, match="cost_usd is -1"):
        router.settle(routed, -1)


def test_a_stream_that_cannot_be_paid_for_is_refused_at_the_beginning(path):
    with pytest.raises(SelectionError, match="not enough for 1000 prompts"):
        BudgetRouter(0.01, n_prompts=1_000, task="summarization", store=path)


def test_a_total_alone_is_no_pace_and_says_which_two_ways_there_are(path):
    with pytest.raises(ConfigurationError, match="does not say how fast it may be spent") as caught:
        BudgetRouter(1.0, task="summarization", store=path)
    assert {"n_prompts", "per_prompt_usd"} <= set(str(caught.value.next_step).replace(",", "").split())
    with pytest.raises(ConfigurationError, match="both given"):
        BudgetRouter(1.0, n_prompts=9, per_prompt_usd=0.1, task="summarization", store=path)
    with pytest.raises(ConfigurationError, match="per_prompt_usd is -1"):
        BudgetRouter(per_prompt_usd=-1, task="summarization", store=path)


@pytest.mark.parametrize("of_the_dear", [0.06, 0.1, 0.2, 0.45, 0.7, 1.0])
@pytest.mark.parametrize("n", [20, 300])
def test_with_money_for_each_prompt_no_length_must_be_known_and_none_is_refused(path, of_the_dear, n):
    each = of_the_dear * LARGE
    router = BudgetRouter(per_prompt_usd=each, task="summarization", store=path)
    routed = [router.route() for _ in range(n)]
    taken = np.cumsum([one.cost_usd for one in routed])
    assert (taken <= each * np.arange(1, n + 1) * (1 + 1e-9)).all()
    planned = route(n, budget_usd=n * each, task="summarization", store=path)
    qualities = [one.quality for one in routed]
    one_prompt = max(qualities) - min(qualities)
    assert np.mean(qualities) >= planned.quality - one_prompt / n - 1e-3


def test_money_for_each_prompt_that_does_not_pay_for_the_cheapest_is_refused_at_the_beginning(path):
    with pytest.raises(SelectionError, match=r"\$0.00005 is not enough for a prompt") as caught:
        BudgetRouter(per_prompt_usd=0.00005, task="summarization", store=path)
    assert "per_prompt_usd=0.0001 " in str(caught.value.next_step)


def test_a_total_beside_it_ends_the_stream(path):
    router = BudgetRouter(10 * SMALL, per_prompt_usd=SMALL, task="summarization", store=path)
    assert 10 * SMALL == pytest.approx(router.left_usd)
    for _ in range(10):
        router.route()
    with pytest.raises(
        SelectionError, match=r"spent after 10 prompts: \$0 are left, and the cheapest candidate takes \$0.0001"
    ):
        router.route()


def test_who_took_more_than_was_expected_waits_for_the_next_prompts_money(path):
    router = BudgetRouter(per_prompt_usd=SMALL, task="summarization", store=path)
    router.settle(router.route(), 3 * SMALL)
    for _ in range(2):
        with pytest.raises(SelectionError, match="the budget is too small for this prompt"):
            router.route()
    assert SMALL == pytest.approx(router.route().cost_usd)


@pytest.mark.parametrize("budget", [-1, float("nan"), float("inf"), "1", None, True])
def test_a_budget_that_is_none_is_refused(path, budget):
    with pytest.raises(ConfigurationError, match="budget_usd"):
        route(10, budget_usd=budget, task="summarization", store=path)


@pytest.mark.parametrize("prompts", [0, -3, [], "one text", None, [""], [3], True])
def test_prompts_that_are_none_are_refused(path, prompts):
    with pytest.raises(ConfigurationError, match="prompts"):
        route(prompts, budget_usd=1.0, task="summarization", store=path)


def test_an_unmeasured_task_shares_nothing_out(path):
    with pytest.raises(SelectionError, match="poetry"):
        route(10, budget_usd=1.0, task="poetry", store=path)


def test_without_a_known_cost_it_says_how_to_get_one(path, monkeypatch):
    from dataclasses import replace

    view = recommender_of(path).view()
    standing = view.scoreboard.standings["summarization"]
    unpriced = replace(standing, cost_usd=np.full(3, np.nan))
    board = replace(view.scoreboard, standings={"summarization": unpriced})
    monkeypatch.setattr(recommender_of(path), "view", lambda: replace(view, scoreboard=board, answers={}))
    with pytest.raises(SelectionError, match="no known cost") as caught:
        field_of("summarization", Constraints(), path)
    assert "--prices" in str(caught.value.next_step)


@pytest.fixture
def equals(tmp_path):
    """Two models and a program that are equally good; one model is slower, the program costs least."""
    table = tmp_path / "equals.csv"
    rows = ["candidate,task,case_id,prompt,quality,latency_s,cost_usd"]
    for label, seconds, dollars in (("a-slow:1b", 1.08, 0.01), ("b-fast:1b", 0.36, 0.01), ("baseline-lead", 0.1, 0.0)):
        rows += [f"{label},qa,c{i},Question {i}?,{i % 2},{seconds},{dollars}" for i in range(20)]
    table.write_text("\n".join(rows) + "\n")
    path = tmp_path / "equals.db"
    with open_store(str(path)) as store:
        import_scoreboard(store, table)
    yield path
    close_recommenders()


def test_of_equals_the_one_that_no_other_beats_gets_every_prompt_and_no_program_does(equals):
    assert (("b-fast:1b", 10),) == route(10, budget_usd=1.0, task="qa", store=equals).shares
    assert "b-fast:1b" == BudgetRouter(1.0, n_prompts=10, task="qa", store=equals).route().candidate.label
    named = recommend("qa", store=equals)
    assert ("b-fast:1b", "a-slow:1b") == (named.candidate.label, named.alternatives[-1].candidate.label)
