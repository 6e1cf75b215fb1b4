// A liver in a notebook: asks for the next picture as soon as the last one is shown, while it plays.
function render({ model, el }) {
  const image = document.createElement("img"), bar = document.createElement("div"), words = document.createElement("span");
  image.alt = "the liver";
  image.style.maxWidth = "100%";
  bar.style.cssText = "display: flex; gap: 0.5rem; align-items: center; margin: 0.3rem 0";
  words.setAttribute("role", "status");
  const button = (label, act) => {
    const made = document.createElement("button");
    made.textContent = label;
    made.addEventListener("click", act);
    bar.append(made);
    return made;
  };
  const next = () => model.send({ what: "next" });
  const play = button("Play", () => {
    model.set("playing", !model.get("playing"));
    model.save_changes();
    if (model.get("playing")) next();
  });
  const step = button("Step", () => { if (!model.get("playing")) next(); });
  bar.append(words);
  el.append(bar, image);
  const show = () => {
    const bytes = model.get("picture");
    if (!bytes.byteLength) return;
    const url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    image.onload = () => {
      URL.revokeObjectURL(url);
      if (model.get("playing")) next();
    };
    image.src = url;
  };
  const tell = () => {
    words.textContent = model.get("words");
    play.textContent = model.get("playing") ? "Pause" : "Play";
    play.disabled = step.disabled = model.get("over");
  };
  model.on("change:picture", show);
  for (const name of ["words", "playing", "over"]) model.on("change:" + name, tell);
  show();
  tell();
}
export default { render };
