// The map: a pointer or the arrow keys stand on the nearest point, which is told; it can be looked at from near.

const SIDE = 1000;
const REACH = 14; // pixels from a point at which it counts as pointed at

function begin(box) {
  const svg = box.querySelector("svg");
  const told = box.querySelector("#point");
  const points = [];
  for (const path of svg.querySelectorAll(".dots")) {
    const numbers = path.dataset.n.split(" ");
    [...path.getAttribute("d").matchAll(/M([\d.]+) ([\d.]+)/g)].forEach(([, x, y], at) =>
      points.push({ x: Number(x), y: Number(y), n: numbers[at], group: path.dataset.group }),
    );
  }
  let view = { x: 0, y: 0, side: SIDE };
  let here = null;
  const cards = new Map();
  const cursor = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  cursor.setAttribute("class", "cursor");
  cursor.setAttribute("r", "10");
  cursor.setAttribute("visibility", "hidden");
  svg.append(cursor);

  // ---- where things are

  const scale = () => svg.getBoundingClientRect().width / view.side; // pixels a unit
  const spot = (event) => {
    const frame = svg.getBoundingClientRect();
    return { x: view.x + (event.clientX - frame.left) / scale(), y: view.y + (event.clientY - frame.top) / scale() };
  };
  const nearest = (at, among = points) => {
    let best = null;
    let least = Infinity;
    for (const one of among) {
      const far = (one.x - at.x) ** 2 + (one.y - at.y) ** 2;
      if (far < least) [best, least] = [one, far];
    }
    return best && { point: best, pixels: Math.sqrt(least) * scale() };
  };

  // ---- what is told

  async function card(point) {
    if (!cards.has(point.n)) {
      const query = new URLSearchParams({ n: point.n, of: box.dataset.of, pipeline: box.dataset.pipeline });
      const came = await fetch(`/map/point?${query}`, { headers: { "hx-request": "true" } });
      cards.set(point.n, came.ok ? await came.text() : "<p>The index has changed: reload the page.</p>");
    }
    return cards.get(point.n);
  }

  async function stand(point) {
    if (here === point) return;
    here = point;
    cursor.setAttribute("visibility", point ? "visible" : "hidden");
    told.hidden = true;
    if (!point) return;
    cursor.setAttribute("cx", point.x);
    cursor.setAttribute("cy", point.y);
    await new Promise((done) => setTimeout(done, 60)); // a pointer that only passes asks nothing
    if (here !== point) return;
    const text = await card(point);
    if (here !== point) return;
    told.innerHTML = text;
    told.hidden = false;
    const left = (point.x - view.x) * scale();
    const top = (point.y - view.y) * scale();
    told.style.left = `${Math.max(4, Math.min(left + 16, box.clientWidth - told.offsetWidth - 4))}px`;
    told.style.top = `${top + 16 + told.offsetHeight > box.clientHeight ? Math.max(4, top - told.offsetHeight - 14) : top + 16}px`;
  }

  async function open(point) {
    await card(point);
    const holder = document.createElement("template");
    holder.innerHTML = cards.get(point.n);
    const chunk = holder.content.querySelector("[data-chunk]")?.dataset.chunk;
    if (!chunk) return;
    const url = new URL(location);
    url.searchParams.set("chunk", chunk);
    url.searchParams.delete("draw");
    url.hash = "chosen";
    location.assign(url);
  }

  // ---- nearer and farther

  function look(side, around) {
    const share = { x: (around.x - view.x) / view.side, y: (around.y - view.y) / view.side };
    side = Math.max(SIDE / 40, Math.min(SIDE, side));
    move({ x: around.x - share.x * side, y: around.y - share.y * side, side });
  }
  function move({ x, y, side }) {
    view = { side, x: Math.max(0, Math.min(SIDE - side, x)), y: Math.max(0, Math.min(SIDE - side, y)) };
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${side} ${side}`);
    svg.style.setProperty("--near", side / SIDE);
    cursor.setAttribute("r", (10 * side) / SIDE);
    told.hidden = true;
  }
  const middle = () => here ?? { x: view.x + view.side / 2, y: view.y + view.side / 2 };
  const zoom = { in: () => look(view.side / 1.6, middle()), out: () => look(view.side * 1.6, middle()), all: () => move({ x: 0, y: 0, side: SIDE }) };
  const buttons = box.parentElement.querySelector(".zoom");
  buttons.hidden = false;
  buttons.addEventListener("click", (event) => zoom[event.target.dataset.zoom]?.());

  // ---- pointer

  let dragged = null;
  svg.addEventListener("pointermove", (event) => {
    if (dragged) {
      const now = spot(event);
      dragged.far += Math.abs(event.movementX) + Math.abs(event.movementY);
      move({ x: view.x + dragged.at.x - now.x, y: view.y + dragged.at.y - now.y, side: view.side });
      return;
    }
    const found = nearest(spot(event));
    stand(found && found.pixels < REACH ? found.point : null);
  });
  svg.addEventListener("pointerleave", () => !dragged && document.activeElement !== box && stand(null));
  svg.addEventListener("pointerdown", (event) => {
    if (view.side === SIDE || event.pointerType === "touch") return;
    dragged = { at: spot(event), far: 0 };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointerup", () => setTimeout(() => (dragged = null)));
  svg.addEventListener("click", (event) => {
    if (dragged?.far > 4) return;
    const found = nearest(spot(event));
    if (found && found.pixels < REACH) event.pointerType === "touch" && here !== found.point ? stand(found.point) : open(found.point);
    else stand(null);
  });
  svg.addEventListener("dblclick", (event) => look(view.side / 2, spot(event)));
  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
      event.preventDefault();
      look(view.side * (event.deltaY > 0 ? 1.15 : 1 / 1.15), spot(event));
    },
    { passive: false },
  );

  // ---- keyboard

  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", "Map: the arrow keys go from chunk to chunk, Enter opens one, plus and minus go nearer and farther");
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = ways[event.key];
    if (way) {
      const from = here ?? nearest(middle()).point;
      const ahead = points.filter((one) => {
        const [x, y] = [one.x - from.x, one.y - from.y];
        const along = x * way[0] + y * way[1];
        return along > 0.5 && Math.abs(x * way[1]) + Math.abs(y * way[0]) <= along;
      });
      stand(here ? (nearest(from, ahead)?.point ?? here) : from);
    } else if (event.key === "Enter" && here) open(here);
    else if (event.key === "Escape") stand(null);
    else if (event.key === "+" || event.key === "=") zoom.in();
    else if (event.key === "-") zoom.out();
    else if (event.key === "0") zoom.all();
    else return;
    event.preventDefault();
  });
  box.addEventListener("blur", () => stand(null));

  // ---- the legend

  const pinned = svg.classList.contains("dim");
  for (const entry of document.querySelectorAll(".legend [data-group]")) {
    const path = [...svg.querySelectorAll(".dots")].find((one) => one.dataset.group === entry.dataset.group);
    const on = () => {
      svg.classList.add("dim");
      path.classList.add("lit");
    };
    const off = () => {
      svg.classList.toggle("dim", pinned);
      path.classList.remove("lit");
    };
    for (const name of ["pointerenter", "focusin"]) entry.addEventListener(name, on);
    for (const name of ["pointerleave", "focusout"]) entry.addEventListener(name, off);
  }
}

const start = () => {
  const box = document.getElementById("map");
  if (box && !box.dataset.begun) {
    box.dataset.begun = "yes";
    begin(box);
  }
};
start();
document.addEventListener("htmx:afterSettle", start); // where it had to be drawn first
