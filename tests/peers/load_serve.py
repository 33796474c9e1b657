"""Many clients ask `gatefold serve` at once: nothing is lost, and every answer is what `gatefold predict` says.

    python3 tests/peers/load_serve.py --gatefold target/release/gatefold --run RUN [--requests 1000] [--clients 50]

Needs no package. It starts the server at a free port, and ends it as Ctrl-C does.
"""

import argparse
import http.client
import json
import random
import signal
import subprocess
import threading
import time

WORDS = "the film is wonderful dull I did not like plot and end worse than beginning was cast awful great bad".split()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gatefold", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--adapter", default="cpu")
    options = parser.parse_args()
    draw = random.Random(0)
    texts = [" ".join(draw.choices(WORDS, k=draw.choice([1, 2, 5, 20, 80, 200]))) for _ in range(options.requests)]
    device = ["--adapter", options.adapter, "--quiet"]
    predicted = subprocess.run(
        [options.gatefold, "predict", options.run, "--json", *device],
        input="\n".join(texts) + "\n", capture_output=True, text=True, check=True,
    ).stdout
    # Compared as they are printed: the same numbers to the last digit.
    expected = {}
    for line in predicted.splitlines():
        said = json.loads(line, parse_float=str)
        expected[said.pop("text")] = said

    server = subprocess.Popen(
        [options.gatefold, "serve", options.run, "--listen", "0", "--adapter", options.adapter],
        stderr=subprocess.PIPE, text=True,
    )
    for line in server.stderr:
        if line.startswith("Serving"):
            host = line.split("//")[1].strip().strip("/")
            break
    else:
        raise SystemExit("the server ended")
    answers, lock, waiting = {}, threading.Lock(), iter(range(options.requests))
    times = []

    def client():
        connection = http.client.HTTPConnection(host, timeout=300)
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                return
            start = time.monotonic()
            body = json.dumps({"text": texts[number]})
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = json.loads(answer.read(), parse_float=str)
            with lock:
                answers[number] = (answer.status, said)
                times.append(time.monotonic() - start)

    start = time.monotonic()
    clients = [threading.Thread(target=client) for _ in range(options.clients)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    seconds = time.monotonic() - start
    server.send_signal(signal.SIGINT)
    told = server.stderr.read()
    assert server.wait() == 0, told
    assert len(answers) == options.requests, len(answers)
    wrong = [number for number, answer in answers.items() if answer != (200, expected[texts[number]])]
    assert not wrong, [(number, answers[number], expected[texts[number]]) for number in wrong[:3]]
    times.sort()
    print(
        f"{options.requests} requests of {options.clients} clients in {seconds:.2f} s: "
        f"{options.requests / seconds:.0f} a second, median {times[len(times) // 2] * 1000:.1f} ms, "
        f"99 % within {times[len(times) * 99 // 100] * 1000:.1f} ms; nothing lost, all as predict says"
    )
    print(told.strip().splitlines()[-1])


if __name__ == "__main__":
    main()
