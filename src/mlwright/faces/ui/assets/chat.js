// The chat: each question goes to the API with its conversation, streams into the thread, and becomes a finished turn.

import { ask, stream } from "./stream.js";

const form = document.getElementById("say");
const box = form.elements.q;
const send = form.querySelector("button.primary");
const stop = document.getElementById("stop");
const thread = document.getElementById("thread");
let running = null;

const from = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;

function fail(turn, question, problem) {
  const notice = from("failed");
  const [told, hint] = notice.querySelectorAll("p");
  told.textContent = problem.detail || problem.title || "The answer did not come.";
  hint.textContent = problem.hint || "";
  turn.querySelector(".card").replaceWith(notice);
  if (!box.value) box.value = question;
}

async function fragment(url) {
  const response = await fetch(url, { headers: { "hx-request": "true" } });
  if (!response.ok) throw new Error(String(response.status));
  const holder = document.createElement("template");
  holder.innerHTML = (await response.text()).trim();
  return holder.content.firstElementChild;
}

async function finish(turn, done) {
  const talk = done.conversation.replace("conversation:", "");
  if (!form.elements.conversation.value) {
    form.elements.conversation.value = done.conversation;
    history.replaceState(null, "", `/chat/${encodeURIComponent(talk)}`);
  }
  const id = encodeURIComponent(done.answer.replace("answer:", ""));
  const whole = await fragment(`/chat/${encodeURIComponent(talk)}/${id}`);
  turn.replaceWith(whole);
  window.htmx.process(whole);
  const talks = await fragment(`/chat/list?here=${encodeURIComponent(talk)}`);
  document.getElementById("talks").replaceWith(talks);
}

async function say(question) {
  const mine = (running = new AbortController());
  const turn = from("streaming");
  turn.querySelector("h2").textContent = question;
  const text = turn.querySelector(".answer-text");
  thread.append(turn);
  box.value = "";
  send.disabled = true;
  stop.hidden = false;
  turn.scrollIntoView({ block: "nearest" });
  try {
    const endpoint = form.elements.endpoint?.value ?? "";
    const conversation = form.elements.conversation.value || "new";
    const response = await ask({ question, endpoint, conversation }, mine.signal);
    if (!response.ok) return fail(turn, question, await response.json());
    for await (const [name, data] of stream(response)) {
      if (name === "token") {
        text.append(data.text);
        turn.querySelector(".meta").hidden = true;
      } else if (name === "done") return await finish(turn, data);
      else if (name === "error") return fail(turn, question, data);
    }
    fail(turn, question, { detail: "The answer ended before it was whole.", hint: "Ask again." });
  } catch (error) {
    if (error.name === "AbortError") fail(turn, question, { detail: "Stopped.", hint: "Nothing of this turn was kept." });
    else if (error instanceof TypeError)
      fail(turn, question, { detail: "The server cannot be reached.", hint: "Is it still running?" });
    else fail(turn, "", { detail: `The answer was given, but not shown (${error.message}).`, hint: "Reload the page." });
  } finally {
    running = null;
    send.disabled = false;
    stop.hidden = true;
    document.getElementById("q").focus();
  }
}

// A conversation is opened at its last turn.
if (!location.hash && thread.childElementCount > 1) thread.lastElementChild.scrollIntoView({ block: "start" });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = box.value.trim();
  if (question && !running) say(question);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
stop.addEventListener("click", () => running?.abort());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") running?.abort();
});
