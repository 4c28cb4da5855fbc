// The page of a document: a chunk lights up with what it shares, and the source keeps in step with the text.

const text = document.getElementById("text");
const told = document.getElementById("told");
const legend = told?.innerHTML;
const picture = document.getElementById("picture");
const alike = document.querySelector(".source-body[data-alike]");
const wide = matchMedia("(min-width: 1001px)");

// ---- chunks

const chip = (number) => text.querySelector(`.chip[data-c="${number}"]`);
const pinned = () => /^#chunk-(\d+)$/.exec(location.hash)?.[1];

function light(number) {
  for (const one of text.querySelectorAll(".on")) one.classList.remove("on");
  const found = number && chip(number);
  if (number) for (const one of text.querySelectorAll(`[data-c~="${number}"]`)) one.classList.add("on");
  if (found) told.textContent = found.title;
  else told.innerHTML = legend;
}

if (text) {
  const held = (event) => event.target.closest("[data-c]")?.dataset.c.split(" ")[0];
  text.addEventListener("pointerover", (event) => light(held(event) ?? pinned()));
  text.addEventListener("pointerleave", () => light(pinned()));
  text.addEventListener("focusin", (event) => light(held(event) ?? pinned()));
  text.addEventListener("focusout", () => light(pinned()));
  text.addEventListener("click", (event) => {
    const link = event.target.closest(".chip");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    light(link.dataset.c);
  });
  addEventListener("hashchange", () => light(pinned()));
  addEventListener("popstate", () => light(pinned()));
  light(pinned());
  if (pinned() && !chip(pinned())) {
    const elsewhere = new URL(location); // in another part of a long text
    elsewhere.searchParams.set("chunk", pinned());
    elsewhere.searchParams.delete("part");
    if (elsewhere.search !== location.search) location.replace(elsewhere);
  }
}

// ---- pages and lines in step

function show(page) {
  const { own, pages } = picture.dataset;
  if (page < 1 || page > Number(pages)) return;
  picture.src = `${own}/pages/${page}.png`;
  picture.alt = picture.alt.replace(/^Page \d+/, `Page ${page}`);
  picture.parentElement.scrollTop = 0;
  document.getElementById("shown").textContent = page;
  document.querySelector(".viewer").dataset.page = page;
  const here = new URL(location);
  here.searchParams.set("page", page);
  if (here.search !== location.search) history.replaceState(null, "", here);
  for (const link of document.querySelectorAll(".viewer .tabs a")) {
    const url = new URL(link.href);
    const to = link.rel === "prev" ? page - 1 : link.rel === "next" ? page + 1 : page;
    url.searchParams.set("page", to);
    if (link.rel) link.hidden = to < 1 || to > Number(pages);
    if (link.rel && text) url.hash = `page-${to}`;
    link.href = url;
  }
  if (page < Number(pages)) new Image().src = `${own}/pages/${page + 1}.png`; // the next one is likely
}

if (picture) {
  document.querySelector(".viewer").addEventListener("click", (event) => {
    const link = event.target.closest("a[rel], .doc-page a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const page = Number(new URL(link.href).searchParams.get("page"));
    const place = document.getElementById(`page-${page}`);
    if (text && !place) return; // it stands in another part
    event.preventDefault();
    show(page);
    place?.scrollIntoView({ block: "start" });
  });
}

const wanted = new URLSearchParams(location.search).get("page");
if (picture && wanted && !location.hash) document.getElementById(`page-${wanted}`)?.scrollIntoView();

function follow() {
  const line = innerHeight / 3;
  if (picture) {
    const begun = [...text.querySelectorAll(".doc-page")].filter((one) => one.getBoundingClientRect().top <= line).at(-1);
    const page = Number(begun?.dataset.page);
    if (page && page !== Number(document.querySelector(".viewer").dataset.page)) show(page);
  } else {
    const row = [...text.querySelectorAll(".doc-line")].find((one) => one.getBoundingClientRect().bottom > line);
    const same = row && document.getElementById(`S${row.id.slice(1)}`);
    if (same) alike.scrollTop = same.offsetTop - alike.clientHeight / 3;
  }
}

if (text && (picture || alike)) {
  let waiting = false;
  document.addEventListener("scroll", () => {
    if (waiting || !wide.matches) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      follow();
    });
  });
}
