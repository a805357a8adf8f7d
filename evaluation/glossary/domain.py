"""Words of the domain: what is measured, asked, stored and decided."""

from evaluation.glossary.term import Term

DOMAIN = (
    Term(
        "abstention",
        "A recommendation that names nobody, with the reason: no candidate was measured on 10 cases of the task.",
    ),
    Term(
        "alert",
        "Something that is wrong with a candidate on a task now: slower, worse, failing, other weights. It is "
        "notified once and lasts until a look finds it gone.",
    ),
    Term(
        "baseline",
        "A classical method (lead sentences, best-matching sentence, random choice) behind the embedded server. A "
        "model that does not beat it on a benchmark has not earned its place there.",
    ),
    Term(
        "baseline of a run",
        "The runs that the monitor compares it with: those tagged `baseline`, else the first five of its candidate "
        "that raised no alert of quality.",
    ),
    Term(
        "benchmark",
        "Cases with a prompt, options and metrics. Its version is a hash of the cases in order, the prompt, and the "
        "options that reach the model.",
    ),
    Term(
        "call tokens/s",
        "Output tokens for each second of a whole call, waiting and prompt included: all that is known of calls in "
        "production.",
    ),
    Term(
        "candidate",
        "What is compared and recommended: a model with its options, prompt profile and think mode. Its fingerprint "
        "is a hash of the model's digest and those.",
    ),
    Term("case", "One question with its references."),
    Term(
        "champion · challenger",
        "The selection model that decides now, with the scoreboard · one that was trained and takes its place only "
        "if it is really better on held-out prompts.",
    ),
    Term(
        "cluster",
        "Cases that belong together (a document, a subject): not independent evidence, so the headline is then the "
        "mean of cluster means.",
    ),
    Term("control", "A case of a review that was drawn at random. Controls alone speak for the whole benchmark."),
    Term("digest", "The hash under which a server knows a model's weights."),
    Term(
        "effective options",
        "All options that were sent: the documented defaults, under the model's own, under the benchmark's, under "
        "the candidate's.",
    ),
    Term(
        "embedder",
        "A model that turns texts into vectors for metrics. Each text is embedded once; vectors are kept in the store.",
    ),
    Term("endpoint", "One server that answers, with its GPU tag and its slots."),
    Term(
        "energy",
        "Joules of an answer: its GPU's power over its time in flight, shared with whatever else was in flight "
        "there. Known for endpoints on this machine's NVIDIA GPUs.",
    ),
    Term(
        "expected · measured",
        "What a recommendation decides by, with an interval · the mean over the cases that a candidate was asked. "
        "What makes them differ is said.",
    ),
    Term("estimate", "A metric's value for a run, with its interval and number of cases."),
    Term(
        "evidence",
        "Every scored answer that is known, of runs that are not archived and of imports: candidate, case, quality "
        "in [0, 1], seconds, dollars, joules.",
    ),
    Term(
        "failure",
        "The server's (timed out, crashed, cut the stream): counted, never scored. The candidate's own (empty "
        "answer, prompt too long for its `num_ctx`, repeated itself, thinking used up the budget): scored as an "
        "empty answer.",
    ),
    Term(
        "family",
        "Cases that are not independent (a document, a template). Prompts are parted by family, so that none is "
        "learned from and tested on.",
    ),
    Term("flip", "A case whose value changed between runs, or on which one candidate is right and another wrong."),
    Term("fresh prompt", "One that the server read: all of it, or all but a beginning that every prompt shares."),
    Term(
        "generation",
        "One output of a candidate for a case, with usage and timing; `text` is raw, `answer` is what the metrics see.",
    ),
    Term("GPU tag", "The name of a GPU, and of its concurrency limit in Prefect."),
    Term("group", "All work that one loaded model does, whatever the benchmark, before another takes its place."),
    Term(
        "headline",
        "The metric by which candidates of a run are ranked: its benchmark's own, or one named for the run.",
        also=("ranked by",),
    ),
    Term("holder", "The process that works on a run. A run whose holder is dead or silent for 60 s is `interrupted`."),
    Term("invocation", "What was asked for once; it makes one run for each benchmark."),
    Term(
        "judge",
        "A model that grades answers or compares two. Its digest and the words of its prompt are part of the "
        "metric's signature.",
    ),
    Term("look", "One pass of the monitor over what is stored. Each new run is tested for quality in one look."),
    Term(
        "metric · score",
        "The quantity · its value for one generation. A metric's signature names all its options and its scorer "
        "version.",
    ),
    Term("outcome of a recommendation", "What was reported of it afterwards: quality, seconds, whether it was useful."),
    Term("outcomes that contradict", "Reported outcomes that are worse than what is expected, beyond chance."),
    Term(
        "Pareto",
        "Marks a candidate that no other one beats in everything (quality, seconds, dollars, joules, memory).",
    ),
    Term("pool", "The servers that share a group: the same model with the same digest."),
    Term("profile", "A small named way of asking: system prompt, template, worked examples."),
    Term("provider", "The wire protocol that an endpoint speaks: `ollama`, `openai_compatible`."),
    Term("rater", "A person who rates answers in a review, by the name given there.", also=("raters",)),
    Term("references", "Answers that count as right."),
    Term("regret", "How far the quality of what was named stays behind the best that could have been named."),
    Term("repeat", "Asking the same case again. Repeats are averaged within their case before anything else."),
    Term("reused", "Taken from an earlier run that asked in exactly the same way; left out of every timing figure."),
    Term("review", "Cases that were picked for people, shown blinded: nobody who rates sees whose an answer is."),
    Term("run", "Candidates on one benchmark, recorded. Prefect's is a flow run."),
    Term(
        "sandbox",
        "Where model-written programs run: bubblewrap, else refused unless the weak isolation is accepted.",
    ),
    Term(
        "scoreboard",
        "What is known of each candidate on each task, computed from the evidence whenever that changes.",
    ),
    Term(
        "score failure",
        "A score that could not be had (verdict unreadable, judge away, metric broken): counted, never a value.",
    ),
    Term(
        "selection model",
        "What was learned about how far a candidate is from its mean for a given prompt. The scoreboard decides "
        "without one too.",
    ),
    Term("shard", "A stretch of cases of one run, its candidates in turn; one Prefect task run."),
    Term("share", "A part of a run's cases that one flow run asks, where a run is spread over workers."),
    Term(
        "server tokens/s",
        "Output tokens of all answers that were written at once, for each second: what a probe shows of a server.",
    ),
    Term("slots", "Requests that an endpoint serves at once."),
    Term("suite", "A standard benchmark that comes with Benchwright."),
    Term(
        "tied",
        "Cannot be told from the best one on the cases that both were asked. Letters say the same of any two.",
    ),
    Term(
        "tolerance",
        "How many points of expected quality whoever is named for being cheap or fast may lie below the best: half "
        "a point, unless said otherwise.",
    ),
    Term("turn", "The time for which one model has a GPU, where several evaluations want it."),
    Term(
        "unverified weights",
        "A model whose server gives no digest: its results are never pooled with another server's.",
    ),
    Term("yardstick", "What makes qualities comparable: a benchmark version with a metric's signature, or an import."),
)
