// What every page does: the theme without a reload, and forms that ask before they act.

const theme = document.getElementById("theme");
const dark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

theme?.addEventListener("submit", (event) => {
  event.preventDefault();
  const next = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
  document.dispatchEvent(new CustomEvent("theme"));
});

// "/" goes to the question box or the search of a page, as people expect.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector("#q, input[type=search]");
  if (field) {
    event.preventDefault();
    field.focus();
  } else location.assign("/ask");
});
