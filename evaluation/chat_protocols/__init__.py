"""Chat protocols of OpenAI and Ollama: requests and answers read into neutral values and written from them."""
