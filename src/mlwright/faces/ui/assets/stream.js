// Asks the API for a stream, and reads the events of it.

function* events(text) {
  for (const block of text.split("\n\n")) {
    const name = /^event: (.*)$/m.exec(block);
    const data = /^data: (.*)$/m.exec(block);
    if (name && data) yield [name[1], JSON.parse(data[1])];
  }
}

export async function* stream(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const end = rest.lastIndexOf("\n\n");
    if (end < 0) continue;
    yield* events(rest.slice(0, end));
    rest = rest.slice(end + 2);
  }
}

export function ask(body, signal) {
  return fetch("/v1/ask", {
    method: "POST",
    signal,
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(body),
  });
}
