// The question box: asks the API for a stream, shows it as it comes, and then puts the finished card in its place.

import { ask as request, stream } from "./stream.js";

const form = document.getElementById("ask");
const box = form.elements.q;
const target = document.getElementById("answer");
let running = null;
let asked = location.search;

function show(id) {
  const node = document.getElementById(id).content.cloneNode(true);
  target.replaceChildren(node);
  return target.firstElementChild;
}

function fail(problem) {
  const [told, hint] = show("failed").querySelectorAll("p");
  told.textContent = problem.detail || problem.title || "The answer did not come.";
  hint.textContent = problem.hint || "";
}

async function finish(done) {
  const id = done.answer.replace("answer:", "");
  const response = await fetch(`/answers/${encodeURIComponent(id)}/card`);
  if (!response.ok) return fail({ detail: `The answer was given, but its card was not (${response.status}).` });
  target.innerHTML = await response.text();
  window.htmx.process(target);
}

async function ask(question, { remember = true } = {}) {
  running?.abort();
  const mine = (running = new AbortController());
  const endpoint = form.elements.endpoint?.value ?? "";
  if (remember) {
    const url = new URL("/ask", location);
    url.searchParams.set("q", question);
    if (endpoint) url.searchParams.set("endpoint", endpoint);
    history.pushState(null, "", url);
    asked = url.search;
  }
  document.title = `${question} · ${document.title.split(" · ").at(-1)}`;
  const card = show("streaming");
  card.querySelector("h2").textContent = question;
  const text = card.querySelector(".answer-text");
  try {
    const response = await request({ question, endpoint }, mine.signal);
    if (!response.ok) return fail(await response.json());
    for await (const [name, data] of stream(response)) {
      if (name === "token") {
        text.append(data.text);
        card.querySelector(".meta").hidden = true;
      } else if (name === "done") return await finish(data);
      else if (name === "error") return fail(data);
    }
    fail({ detail: "The answer ended before it was whole.", hint: "Ask again." });
  } catch (error) {
    if (error.name !== "AbortError") fail({ detail: "The server cannot be reached.", hint: "Is it still running?" });
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = box.value.trim();
  if (question) ask(question);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
addEventListener("popstate", () => {
  if (location.search !== asked) location.reload(); // a jump to a citation changes the hash alone
});
if (form.dataset.asked === "no" && box.value.trim()) ask(box.value.trim(), { remember: false });
