"""Labels beside scores: how an answer was read."""

from evaluation.glossary.term import Term

LABELS = (
    Term("strict", "The answer names its choice in the form that was asked for."),
    Term("flexible", "The answer names its choice in a form of its own, and it was read from that."),
    Term("whole", "The whole answer is JSON."),
    Term("fenced", "JSON was read from a fenced block of code in the answer."),
    Term("followed", "The answer follows all instructions that can be checked."),
    Term("equal answers", "Both answers are the same: no judge was asked.", fields=("equal_answers",)),
    Term("syntax error", "The program cannot be parsed.", fields=("syntax_error",)),
    Term("marked", "The answer was marked as such: in a box, or after `####`."),
    Term("announced", "The number was read after words that announce it, such as “the answer is 18”."),
    Term(
        "last line",
        "No number was announced: the last one, in the answer's last line, was read.",
        fields=("last_line",),
    ),
    Term(
        "earlier line",
        "No number was announced, and the last line has none: the last number before it was read.",
        fields=("earlier_line",),
    ),
    Term("inside a word", "The only number stands within a word.", fields=("inside_word",)),
    Term("ambiguous", "Two answers were given at once, or the given one was taken back: none was read."),
    Term("no number", "The answer gives no number.", fields=("no_number",)),
    Term("not read", "No answer could be made out in the text; it counts as wrong.", fields=("not_extracted",)),
    Term("empty answer", "The answer was empty; it counts as wrong.", fields=("empty", "empty_answer")),
    Term("no words", "The answer holds no word.", fields=("no_words",)),
    Term("not JSON", "The answer is no JSON, and holds none.", fields=("not_json",)),
    Term("noncommittal", "The answer does not commit itself, as “I do not know”; it counts as none."),
    Term("length as asked", "How long the answer should be was said in the question.", fields=("length_stated",)),
    Term("length assumed", "The question says no length: a usual one was assumed.", fields=("length_assumed",)),
    Term("cold", "The model had to be loaded before it answered.", also=("waited for the load",)),
    Term("cached prompt", "The server had read this prompt before, so the first token came sooner."),
    Term("cut off", "The answer ended at the limit of tokens, and not by itself.", also=("cut",)),
)
