"""What the asker does, with another client: arguments httpx or ollama, url, model, questions, tokens, concurrency, and 1
if each line is to be stamped; figures as a line of JSON."""

import asyncio
import json
import sys
import time

import httpx
import ollama

# The timeouts of the asker: five seconds for a connection, 300 for each read. No proxy, as on a loopback there.
OPTIONS = {"timeout": httpx.Timeout(300, connect=5), "trust_env": False}


class Httpx:
    """The lines of an answer, read by hand."""

    def __init__(self, url):
        self.url = url
        self.client = httpx.AsyncClient(**OPTIONS)

    async def ask(self, body, stamps):
        text = []
        async with self.client.stream("POST", self.url + "/api/chat", json=body) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                if stamps is not None:
                    stamps.append(time.monotonic_ns())
                part = json.loads(line)
                text.append(part["message"]["content"])
                if part["done"]:
                    return "".join(text), part["eval_count"]
        raise RuntimeError("the stream ended before the server said that it was done")


class Ollama:
    """The parts of an answer, as Ollama's own client gives them."""

    def __init__(self, url):
        self.client = ollama.AsyncClient(host=url, **OPTIONS)

    async def ask(self, body, stamps):
        text = []
        async for part in await self.client.chat(**body):
            if stamps is not None:
                stamps.append(time.monotonic_ns())
            text.append(part.message.content)
            if part.done:
                return "".join(text), part.eval_count
        raise RuntimeError("the stream ended before the server said that it was done")


def question(model, prompt, tokens):
    return {
        "model": model,
        "stream": True,
        "messages": [{"role": "user", "content": prompt}],
        "options": {"num_predict": tokens},
    }


async def main(client, model, questions, tokens, concurrency, stamped):
    left = iter(range(1, questions + 1))
    total = 0
    answers = []

    async def asker():
        nonlocal total
        for number in left:
            prompt = f"{number}: tell me something."
            stamps = [] if stamped else None
            text, count = await client.ask(question(model, prompt, tokens), stamps)
            assert text
            total += count
            if stamped:
                # The last object has no text, and stands for no token.
                answers.append({"prompt": prompt, "lines": stamps[:-1]})

    await client.ask(question(model, "0: tell me something.", 1), None)
    began, processor = time.monotonic(), time.process_time()
    await asyncio.gather(*(asker() for _ in range(concurrency)))
    wall, processor = time.monotonic() - began, time.process_time() - processor
    figures = {"questions": questions, "tokens": total, "wall": wall, "processor": processor, "answers": answers}
    print(json.dumps(figures))


CLIENTS = {"httpx": Httpx, "ollama": Ollama}
asyncio.run(main(CLIENTS[sys.argv[1]](sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:8])))
