"""A server that breaks down in the middle of its work, and is repaired when a test says so."""

from dataclasses import dataclass

from scripted_ollama import Chat, Reply, ScriptedOllama, right


@dataclass
class BreaksDownAtFive:
    """Answers rightly; asked `What is 5?` for the first time, the server goes away with what it was asked."""

    server: ScriptedOllama

    def __call__(self, chat: Chat) -> Reply:
        if chat.prompt == "What is 5?" and not chat.n_before:
            self.server.stop()
            return Reply(is_cut=True)
        return right(chat)
