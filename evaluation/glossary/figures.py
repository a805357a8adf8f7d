"""Headings of tables: figures, statistics, and what columns hold."""

from evaluation.glossary.term import Term

FIGURES = (
    Term(
        "latency s",
        "Seconds from sending a question to the last character of its answer, waiting included, loading the model "
        "not. Lower is better.",
        also=("Latency", "Mean latency"),
        fields=("latency_s",),
    ),
    Term(
        "time to first token s",
        "Seconds until the first piece of the answer, or of the thinking before it, arrived. Lower is better.",
        also=("ttft",),
        fields=("ttft_s",),
    ),
    Term(
        "time per output token s",
        "Seconds that each piece of the answer took after the first one. Lower is better.",
        also=("tpot",),
        fields=("tpot_s",),
    ),
    Term(
        "tokens/s",
        "Output tokens for each second of one answer after its first token: how fast a model writes. What waiting "
        "and reading the prompt take is not in it.",
        also=("Tokens a second",),
        fields=("tokens_per_s",),
    ),
    Term(
        "tokens in",
        "Tokens (pieces of words) of the question as the model read it, with the wording around it.",
        fields=("prompt_tokens",),
    ),
    Term(
        "tokens out",
        "Tokens (pieces of words) that the model wrote, its thinking among them.",
        fields=("output_tokens",),
    ),
    Term(
        "USD/answer", "What one answer costs in US dollars: by its tokens, or by its electricity.", fields=("cost_usd",)
    ),
    Term("USD in all", "What all answers of the run cost together, in US dollars."),
    Term("USD/1,000", "What a thousand answers cost, in US dollars."),
    Term("J/answer", "Energy that the GPU used for one answer, in joules. Lower is better.", fields=("energy_j",)),
    Term(
        "J/right answer",
        "Joules for each right answer: those of all answers over the sum of their scores.",
        fields=("energy_per_right_j",),
    ),
    Term(
        "95 % interval",
        "The range in which the true value probably lies: it shows how far chance in the choice of the cases may "
        "have moved the number. A narrow one is a sure one.",
        also=("interval", "[95 %]"),
    ),
    Term(
        "difference",
        "The first side's value minus the second's, over the cases that both answered.",
        also=("difference [95 %]",),
    ),
    Term(
        "p",
        "How often chance alone would show a difference this large if the two were really equal. Below .05 a "
        "difference is called shown.",
        also=("p-value", "ranks p", "sign test"),
    ),
    Term(
        "p for all pairs",
        "The p-value, made stricter because several pairs were tested at once: else one of many would look "
        "different by luck. Holm's method does it.",
        also=("Holm", "p of correlation"),
        fields=("p (Holm)",),
    ),
    Term(
        "p alone",
        "The p-value as if this pair were the only one that was compared. Where there are several it decides nothing: "
        "p for all pairs does.",
    ),
    Term(
        "interval for all pairs",
        "The range in which the true difference probably lies, wider than that of one pair alone: with 95 % the "
        "intervals of all pairs hold together. It agrees with p for all pairs: where that is .05 or more, the "
        "interval contains 0.",
        also=("Behind the best [all pairs]",),
    ),
    Term(
        "interval of the pair alone",
        "The range in which the true difference probably lies, as if no other pair were compared. Beside a p for all "
        "pairs it may leave out 0 although nobody is shown to be better: the p decides.",
        also=("Behind the best [pair alone]",),
    ),
    Term(
        "smallest visible difference",
        "The smallest true difference that this many cases would show four times out of five (minimum detectable "
        "effect). A smaller one may be there unseen. “Too few cases”: not even the largest possible one would show.",
        fields=("MDE",),
    ),
    Term(
        "letters",
        "Sides with a letter in common cannot be told apart: their difference may be chance. Sides without one in "
        "common differ beyond chance.",
        also=("letter",),
    ),
    Term("pairs", "Cases that both sides answered and that could be scored: only these are compared."),
    Term("better/worse/equal", "On how many cases the first side has the better score, the worse one, the same one."),
    Term(
        "verdict",
        "What the test says: who is better beyond chance, that both are equal within the margin, or that these "
        "cases cannot tell.",
    ),
    Term("side", "One of those that are compared: a candidate, or several taken together."),
    Term(
        "rank",
        "The place by the headline. `1–3`: anything from first to third is possible within chance.",
        also=("Rank of the mean",),
    ),
    Term("answered", "On how many cases the candidate gave an answer, of those that it was asked."),
    Term(
        "failures",
        "Cases without an answer: the server failed, or the candidate did (an empty or endless answer).",
        also=("failed", "Server failed"),
    ),
    Term(
        "weights",
        "A short form of the hash of the model's file: the same weights have the same hash.",
    ),
    Term("status", "Whether a run is planned, running, completed, interrupted or cancelled.", also=("state",)),
    Term(
        "quantisation",
        "How coarsely the model's numbers are stored: `Q4` needs less memory than `Q8` and is less exact.",
    ),
    Term("parameters", "The size of a model: how many billions of numbers it consists of."),
    Term("context", "How many tokens of question and answer together a model can hold."),
    Term("capabilities", "What a model can do besides answering: think first, call tools, read pictures."),
    Term("task", "The kind of work that a benchmark tests, such as reasoning or classification."),
    Term(
        "best mean",
        "The highest mean of the headline. Whether it is really the best, a comparison says.",
        also=("highest mean", "best mean, 95 % interval"),
    ),
    Term("shown to be best", "Better than every other candidate beyond chance; else nobody is named."),
    Term(
        "quality",
        "The mean score by the headline, from 0 to 1.",
        also=("Quality: mean of the candidates, lowest to highest",),
    ),
    Term("success", "The share of calls that ended with an answer."),
    Term("p50", "The median: half of the answers were faster.", also=("median answer",)),
    Term(
        "p95",
        "Nineteen of twenty answers were faster; the twentieth was slower.",
        also=("s (p95)", "Latency, 95th percentile"),
    ),
    Term(
        "Elo",
        "A rating from duels, as in chess: 100 points more means winning about two of three.",
        also=("Elo [95 %]",),
    ),
    Term("votes", "Comparisons of two answers in which it was one of the two."),
    Term("spread", "How far the means of the values lie apart."),
    Term("effect", "How much of the scores this parameter explains, and whether it does beyond chance."),
    Term("correlation", "How far two numbers rise together: 1 always, 0 not at all, -1 one falls as the other rises."),
    Term("chance", "How likely chance alone would give this."),
    Term("behind the first", "How far its score lies below that of the first."),
    Term("left", "When the race dropped the candidate because it could no longer win.", also=("left at",)),
    Term("may be the best", "Whether these cases leave it possible that it is the best."),
    Term("signature", "The metric with all its options and its version: scores under one signature can be compared."),
    Term("fingerprint", "A short hash of what a candidate is: the model's weights, its options and its profile."),
    Term("version", "A hash of a benchmark's cases, prompt and options: equal versions ask exactly the same."),
    Term("measure", "Which coefficient says how far people, or people and metrics, agree."),
    Term("seed", "The number from which random choices are made, so that a run can be repeated."),
    Term("steps", "Calls to models that one request of an application took."),
    Term("points", "Days, or hours, of which there are calls."),
    Term(
        "more to settle it",
        "About how many more cases would show a difference of the margin that was set between the two; without one, of "
        "3 points for scores of right or wrong, else of the difference seen. A larger difference takes fewer.",
    ),
    Term("severity", "How bad an alert is: `critical` or `warning`."),
    Term("rule", "What the monitor checked when it raised the alert."),
    Term("parameter", "An option of the model, such as its temperature, that a sweep tries several values of."),
    Term("decided by", "What the recommendation was made from: measured means alone, or what was learned of prompts."),
    Term("useful", "Whether whoever asked reported that the answer helped."),
    Term("policy", "A name that stands for the recommended candidate, so that applications need no change."),
    Term("upgrade", "Another version of a model that was found, tested, and accepted or declined."),
    Term("pipeline", "A way of answering a case with several requests, such as looking up documents first."),
    Term("memory, loaded", "What the model took when it was loaded, as its server said: the most that was seen."),
    Term(
        "measured quality",
        "The mean score from 0 to 1 over the cases that the candidate was asked, of all runs and benchmarks of the "
        "task together. The page of a run has the mean of that run alone, with its interval.",
    ),
    Term(
        "expected quality",
        "The quality from 0 to 1 that a recommendation decides by: the mean over all cases of the task, of all runs "
        "together, those that were not asked filled in from what others reached on them, and pulled towards what "
        "the candidate reaches on other tasks where there are some. Its interval (Student's) is of that. The one on a "
        "run's page is of that run's cases alone (Wilson's for right and wrong answers), so that the two differ by "
        "tenths of a point even where the means are the same.",
        also=("Expected quality [95 %]",),
    ),
)
