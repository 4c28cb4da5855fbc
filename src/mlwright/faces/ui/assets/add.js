// Adding files: dropped or chosen, each is sent by itself and shows how far it is; the list then watches its state.

const form = document.getElementById("drop");
const zone = document.getElementById("zone");
const picker = document.getElementById("file");
const sending = document.getElementById("sending");
const refused = document.getElementById("refused");
const largest = Number(form.dataset.largest);
const most = Number(form.dataset.most);

function row(file) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  name.textContent = file.name;
  bar.max = file.size || 1;
  bar.value = 0;
  bar.setAttribute("aria-label", `${file.name} is being sent`);
  item.append(name, bar);
  sending.append(item);
  return { item, bar };
}

function send(file) {
  const { item, bar } = row(file);
  return new Promise((resolve) => {
    const data = new FormData();
    data.append("file", file, file.name);
    data.append("source", form.elements.source?.value ?? "");
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => (bar.value = event.loaded));
    request.addEventListener("loadend", () => {
      item.remove();
      if (request.status !== 202) tell(file, request);
      resolve();
    });
    request.open("POST", "/v1/documents");
    request.send(data);
  });
}

function tell(file, request) {
  let why = "the server cannot be reached";
  try {
    why = JSON.parse(request.responseText).detail;
  } catch {
    if (request.status) why = `it was refused (${request.status})`;
  }
  refused.textContent += `${file.name}: ${why}. `;
}

async function take(files) {
  refused.textContent = "";
  const all = [...files].slice(0, most);
  if (files.length > most) refused.textContent = `Only the first ${most} files are taken at once. `;
  for (const file of all) {
    if (file.size > largest) refused.textContent += `${file.name} is larger than ${largest / 1e6} MB. `;
    else await send(file);
  }
  picker.value = "";
  await window.htmx.ajax("GET", "/documents/added", { target: "#added", swap: "outerHTML" });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (picker.files.length) take(picker.files);
});
picker.addEventListener("change", () => picker.files.length && take(picker.files));
for (const name of ["dragenter", "dragover"])
  zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  if (event.dataTransfer.files.length) take(event.dataTransfer.files);
});
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault()); // a miss opens nothing
