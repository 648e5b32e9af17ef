"""What the asker does, with httpx: arguments url, model, questions, tokens, concurrency; figures as a line of JSON."""

import asyncio
import json
import sys
import time

import httpx


async def ask(client, url, body):
    """One streamed answer: its text, and the statistics of its last line."""
    text = []
    async with client.stream("POST", url + "/api/chat", json=body) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            part = json.loads(line)
            text.append(part["message"]["content"])
            if part["done"]:
                return "".join(text), part
    raise RuntimeError("the stream ended before the server said that it was done")


def question(model, tokens):
    return {
        "model": model,
        "stream": True,
        "messages": [{"role": "user", "content": "Tell me something."}],
        "options": {"num_predict": tokens},
    }


async def main(url, model, questions, tokens, concurrency):
    left = iter(range(questions))
    total = 0

    async def asker(client):
        nonlocal total
        for _ in left:
            text, statistics = await ask(client, url, question(model, tokens))
            assert text
            total += statistics["eval_count"]

    # The timeouts of the asker: five seconds for a connection, 300 for each read. No proxy, as on a loopback there.
    timeout = httpx.Timeout(300, connect=5)
    async with httpx.AsyncClient(timeout=timeout, trust_env=False) as client:
        await ask(client, url, question(model, 1))
        began, processor = time.monotonic(), time.process_time()
        await asyncio.gather(*(asker(client) for _ in range(concurrency)))
        wall, processor = time.monotonic() - began, time.process_time() - processor
    print(json.dumps({"questions": questions, "tokens": total, "wall": wall, "processor": processor}))


asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])))
