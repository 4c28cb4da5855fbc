// Draws the curves of a run with uPlot, so that they can be zoomed; the drawing of the server stays where this fails.

const color = (name) => {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

const drawn = new Map();

function draw(box) {
  const { name, steps, values } = box.dataset;
  const axis = { stroke: color("--text-quiet"), grid: { stroke: color("--border"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const chart = new uPlot(
    {
      width: box.clientWidth,
      height: 190,
      scales: { x: { time: false } },
      axes: [axis, { ...axis, size: 56 }],
      series: [{ label: "step" }, { label: name, stroke: color("--accent"), width: 1.75, points: { show: false } }],
      cursor: { drag: { x: true, y: false } },
    },
    [JSON.parse(steps), JSON.parse(values)],
  );
  box.replaceChildren(chart.root);
  drawn.set(box, chart);
}

const boxes = [...document.querySelectorAll(".curve")];
const all = () => boxes.forEach((box) => draw(box));
if (window.uPlot) {
  all();
  new ResizeObserver(() => drawn.forEach((chart, box) => chart.setSize({ width: box.clientWidth, height: 190 }))).observe(document.body);
  document.addEventListener("theme", all);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
}
