"""The text by which a request names a candidate that was read from a file."""

from evaluation.candidate_files.configuration import CandidateConfiguration
from evaluation.errors import ConfigurationError
from evaluation.options import candidate_options
from evaluation.requests.evaluation_request import CandidateRequest


def text_of(configuration: CandidateConfiguration, *, profile: str) -> str:
    """Return the text of `--candidate` that makes this configuration.

    Args:
        configuration: The configuration.
        profile: Name under which its prompt profile is stored.

    Raises:
        ConfigurationError: no such text makes it, as with a stop word that holds `|`.
    """
    text = CandidateRequest(
        model=configuration.model,
        options=dict(configuration.options),
        profile=profile,
        think=configuration.think,
        pipeline=configuration.pipeline,
        pipeline_options=dict(configuration.pipeline_options),
    ).as_text()
    try:
        parsed = CandidateRequest.parse(text)
        is_same = candidate_options(parsed.options) == configuration.options and parsed.think == configuration.think
        is_same &= parsed.pipeline == configuration.pipeline
        is_same &= parsed.pipeline_options == dict(configuration.pipeline_options)
    except ConfigurationError:
        is_same = False
    if not is_same:
        raise ConfigurationError(
            f"the options of {configuration.model!r} cannot be written as a candidate's text: {configuration.options}",
            "Stop words must not be empty and must not hold |.",
        )
    return text
